//! Any name of a file.
#![no_main]

libfuzzer_sys::fuzz_target!(|name: &str| fuzz::properties::disposition(name));
