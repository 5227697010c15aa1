//! Stretches that arrive whole and in their places, and all that must break a connection.

use std::io::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|n| u8::try_from(n % 251).unwrap())
        .collect()
}

fn file_of(bytes: &[u8]) -> Arc<File> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Arc::new(file)
}

async fn pair() -> (FileStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap());
    let (near, accepted) = tokio::join!(near, listener.accept());
    (FileStream::new(near.unwrap()), accepted.unwrap().0)
}

/// Writes as hyper does: all slices at once, and what is left of them again.
async fn write(stream: &mut FileStream, mut parts: VecDeque<Bytes>) -> io::Result<()> {
    while !parts.is_empty() {
        let slices: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
        let mut written = stream.write_vectored(&slices).await?;
        while let Some(first) = parts.front_mut() {
            let gone = written.min(first.len());
            bytes::Buf::advance(first, gone);
            written -= gone;
            if !first.is_empty() {
                break;
            }
            parts.pop_front();
        }
    }
    Ok(())
}

#[tokio::test]
async fn stretches_arrive_between_other_bytes_however_often_places_are_used_again() {
    let bytes = pattern(3 * LARGEST);
    let file = file_of(&bytes);
    let (mut near, mut far) = pair().await;
    let outlet = near.outlet();
    let mut expected = Vec::new();
    let reading = tokio::spawn(async move {
        let mut all = Vec::new();
        far.read_to_end(&mut all).await.unwrap();
        all
    });
    for round in 0..3 * PLACES {
        let (first, length) = (round * 977, LARGEST - round);
        let parts = [
            Bytes::from_static(b"head"),
            outlet.stand_in(&file, first as u64, length),
            outlet.stand_in(&file, 5, 1),
            Bytes::from_static(b"tail"),
        ];
        write(&mut near, parts.into()).await.unwrap();
        expected.extend_from_slice(b"head");
        expected.extend_from_slice(&bytes[first..first + length]);
        expected.push(bytes[5]);
        expected.extend_from_slice(b"tail");
    }
    drop(near);
    assert!(
        reading.await.unwrap() == expected,
        "every byte in its place"
    );
}

/// R108.
#[tokio::test]
async fn a_file_that_ends_early_is_an_error() {
    let file = file_of(b"short");
    let (mut near, _far) = pair().await;
    let stand_in = near.outlet().stand_in(&file, 5, 10);
    let error = near.write(&stand_in).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn what_is_out_of_step_is_never_sent() {
    let file = file_of(&pattern(1000));
    let out_of_step = |bytes: Bytes, outlet: Outlet| async move {
        let (mut near, _far) = pair().await;
        near.outlet = outlet;
        let error = near.write(&bytes).await.unwrap_err();
        assert_eq!(error.to_string(), "out of step");
    };
    let outlet = Outlet::default();
    let first = outlet.stand_in(&file, 0, 100);
    let second = outlet.stand_in(&file, 100, 100);
    out_of_step(second, outlet.clone()).await;
    out_of_step(first.slice(1..), outlet.clone()).await;
    out_of_step(first.slice(..99), outlet).await;
    out_of_step(first, Outlet::default()).await;
}
