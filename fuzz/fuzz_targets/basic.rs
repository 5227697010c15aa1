//! Any value of `Authorization`.
#![no_main]

libfuzzer_sys::fuzz_target!(|value: &[u8]| {
    fuzz::properties::basic(value);
    fuzz::properties::basic(&[b"Basic ", value].concat());
});
