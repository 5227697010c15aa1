//! Bodies read whole, in parts and from a file that was cut short.

use std::io::Write as _;

use http_body_util::BodyExt as _;

use super::*;

/// Bytes that differ from their neighbours a block away.
fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|n| u8::try_from(n % 251).unwrap())
        .collect()
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

const fn stretch(first: u64, last: u64) -> Part {
    Part::Stretch(ByteRange { first, last })
}

async fn read(mut body: FileBody) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        assert_eq!(
            body.size_hint().exact(),
            Some(body.len()),
            "the hint is exact at every moment"
        );
        let Some(frame) = body.frame().await else {
            break;
        };
        bytes.extend_from_slice(frame?.data_ref().unwrap());
    }
    assert!(body.is_end_stream() && body.is_empty());
    Ok(bytes)
}

#[tokio::test]
async fn a_stretch_of_many_blocks_is_what_the_file_holds() {
    let bytes = pattern(3 * LARGE + 17);
    let body = FileBody::new(file_of(&bytes), None, [stretch(5, bytes.len() as u64 - 1)]);
    assert_eq!(read(body).await.unwrap(), bytes[5..]);
}

#[tokio::test]
async fn parts_follow_each_other() {
    let bytes = pattern(1000);
    let text = |text: &'static str| Part::Text(Bytes::from_static(text.as_bytes()));
    let parts = [
        text("head"),
        stretch(0, 0),
        text("--"),
        stretch(990, 999),
        text("end"),
    ];
    let body = FileBody::new(file_of(&bytes), None, parts);
    assert_eq!(body.len(), 20);
    let expected = [b"head", &bytes[..1], b"--", &bytes[990..], b"end"].concat();
    assert_eq!(read(body).await.unwrap(), expected);
}

#[tokio::test]
async fn a_small_stretch_leaves_in_one_piece() {
    let mut body = FileBody::new(file_of(&pattern(5000)), None, [stretch(100, 2147)]);
    let first = body.frame().await.unwrap().unwrap();
    assert_eq!(first.data_ref().unwrap().len(), 2048);
    assert!(body.is_end_stream());
}

#[tokio::test]
async fn the_blocking_pool_reads_the_same() {
    let bytes = pattern(3000);
    assert_eq!(
        read_block(&file_of(&bytes), 10, 500).unwrap(),
        bytes[10..510]
    );
    assert_eq!(
        read_block(&file_of(&bytes), 2900, 500).unwrap_err().kind(),
        io::ErrorKind::UnexpectedEof
    );
}

/// R108: before the first block, and between two.
#[tokio::test]
async fn a_file_that_ends_early_is_an_error() {
    let bytes = pattern(2 * LARGE);
    let short = FileBody::new(file_of(&bytes), None, [stretch(0, bytes.len() as u64)]);
    assert_eq!(
        read(short).await.unwrap_err().kind(),
        io::ErrorKind::UnexpectedEof
    );

    let file = file_of(&bytes);
    let mut body = FileBody::new(
        file.try_clone().unwrap(),
        None,
        [stretch(0, bytes.len() as u64 - 1)],
    );
    assert_eq!(
        body.frame()
            .await
            .unwrap()
            .unwrap()
            .data_ref()
            .unwrap()
            .len(),
        SMALL
    );
    file.set_len(10).unwrap();
    assert_eq!(
        body.frame().await.unwrap().unwrap_err().kind(),
        io::ErrorKind::UnexpectedEof
    );
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn an_empty_body_has_ended() {
    let body = FileBody::new(file_of(b""), None, []);
    assert!(body.is_end_stream() && body.is_empty());
    assert_eq!(read(body).await.unwrap(), b"");
}
