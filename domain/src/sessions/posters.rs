//! A small picture of each session, taken from one of its recordings by ffmpeg where that is installed.
//!
//! - Recordings come from outside, and decoders have had holes. ffmpeg gets the open file as its standard input and is
//!   told what it is, so that no disguised playlist makes it open another; it may use no protocol but that, has limits
//!   of memory, time and output, and an empty environment. Without ffmpeg nothing happens, and no page misses anything.
//! - A session is tried once, until further files come to it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sqlx::PgConnection;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use super::SessionId;
use crate::background::More;
use crate::files::FileId;
use crate::{Actor, Backend, Error, Permission};

/// From the start of ffmpeg to its picture.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of a picture.
const LARGEST: u64 = 128 * 1024;
/// Pixels of its longer side.
const LONGEST_SIDE: u32 = 320;

/// The picture of a session of the account, as a JPEG.
pub async fn get(backend: &Backend, actor: &Actor, session: SessionId) -> Result<Vec<u8>, Error> {
    actor.may(Permission::SeeRecordings)?;
    let mut db = backend.db.acquire().await?;
    sqlx::query_scalar!(
        r#"
        select p.jpeg
        from posters p join sessions s on s.id = p.session_id join files f on f.id = p.file_id
        where s.id = $1 and s.account_id = $2 and f.trashed_at is null
        "#,
        session as SessionId,
        actor.account as crate::accounts::AccountId,
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or(Error::NotFound("picture"))
}

/// Makes the picture of the newest session that waits for one. Background work.
pub async fn make_one(backend: &Backend) -> Result<More, Error> {
    let Some(ffmpeg) = installed("ffmpeg") else {
        return Ok(More::Later);
    };
    let mut tx = backend.db.begin().await?;
    let Some(session) = due(&mut tx).await? else {
        return Ok(More::Later);
    };
    let made = match best_recording(&mut tx, session).await? {
        Some(recording) => picture(backend, &ffmpeg, &recording)
            .await
            .map(|jpeg| (recording.id, jpeg))
            .inspect_err(|why| tracing::info!(%session, %why, "a recording gives no picture"))
            .ok(),
        None => None,
    };
    let state = if let Some((file, jpeg)) = made {
        insert(&mut tx, session, file, &jpeg, backend).await?;
        "made"
    } else {
        "none"
    };
    sqlx::query!(
        "update sessions set poster = $2 where id = $1",
        session as SessionId,
        state
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(More::Now)
}

/// A recording that has a picture.
#[derive(Debug)]
struct Recording {
    id: FileId,
    content_type: String,
    duration_ms: i64,
}

async fn due(db: &mut PgConnection) -> Result<Option<SessionId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        select id as "id: SessionId" from sessions
        where poster = 'due'
        order by started_at desc
        limit 1
        for update skip locked
        "#
    )
    .fetch_optional(db)
    .await
}

/// The mix made afterwards shows most, one participant least.
async fn best_recording(
    db: &mut PgConnection,
    session: SessionId,
) -> Result<Option<Recording>, sqlx::Error> {
    sqlx::query_as!(
        Recording,
        r#"
        select id as "id: FileId", content_type, coalesce(duration_ms, 0) as "duration_ms!"
        from files
        where session_id = $1 and kind in ('transcoded', 'live', 'individual') and width is not null and trashed_at is null
        order by array_position(array['transcoded', 'live', 'individual'], kind), duration_ms desc nulls last, name
        limit 1
        "#,
        session as SessionId
    )
    .fetch_optional(db)
    .await
}

async fn insert(
    db: &mut PgConnection,
    session: SessionId,
    file: FileId,
    jpeg: &[u8],
    backend: &Backend,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        insert into posters (session_id, file_id, jpeg, made_at) values ($1, $2, $3, $4)
        on conflict on constraint posters_pkey do update set file_id = $2, jpeg = $3, made_at = $4
        "#,
        session as SessionId,
        file as FileId,
        jpeg,
        backend.clock.now(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// One frame at a tenth of the recording.
async fn picture(
    backend: &Backend,
    ffmpeg: &Path,
    recording: &Recording,
) -> Result<Vec<u8>, String> {
    let demuxer = match recording.content_type.as_str() {
        "video/mp4" | "video/quicktime" => "mov",
        "video/x-matroska" | "video/webm" => "matroska",
        _ => return Err("not a recording".to_owned()),
    };
    let (vault, id) = (backend.vault.clone(), recording.id);
    let content = tokio::task::spawn_blocking(move || vault.read(id))
        .await
        .map_err(std::io::Error::other)
        .flatten()
        .map_err(|error| error.to_string())?;
    let mut command = limited(ffmpeg);
    command
        .args([
            "-nostdin",
            "-hide_banner",
            "-loglevel",
            "error",
            "-threads",
            "1",
        ])
        .args(["-protocol_whitelist", "file", "-f", demuxer])
        .args(["-ss", &format!("{}ms", recording.duration_ms / 10)])
        // A name for what stdin is, which can be sought in, unlike a pipe.
        .args([
            "-i",
            "file:/dev/stdin",
            "-an",
            "-sn",
            "-dn",
            "-frames:v",
            "1",
        ])
        .args([
            "-vf",
            &format!("scale={LONGEST_SIDE}:{LONGEST_SIDE}:force_original_aspect_ratio=decrease"),
        ])
        .args([
            "-threads", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "6",
        ])
        .args(["-map_metadata", "-1", "-f", "image2pipe", "pipe:1"])
        .env_clear()
        .stdin(Stdio::from(content))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let run = async {
        let mut child = command.spawn()?;
        let mut jpeg = Vec::new();
        if let Some(output) = child.stdout.take() {
            output.take(LARGEST + 1).read_to_end(&mut jpeg).await?;
        }
        if jpeg.len() as u64 > LARGEST {
            return Err(std::io::Error::other("the picture is too large"));
        }
        Ok::<_, std::io::Error>((child.wait().await?, jpeg))
    };
    let (status, jpeg) = tokio::time::timeout(PATIENCE, run)
        .await
        .map_err(|_| "ffmpeg took too long".to_owned())?
        .map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("ffmpeg ended with {status}"));
    }
    // Beginning and end of a whole JPEG.
    if jpeg.starts_with(&[0xff, 0xd8, 0xff]) && jpeg.ends_with(&[0xff, 0xd9]) {
        Ok(jpeg)
    } else {
        Err("no frame was found".to_owned())
    }
}

/// The program under limits of memory, processor time, files and output, where `prlimit` of util-linux is there.
fn limited(program: &Path) -> Command {
    let Some(prlimit) = installed("prlimit") else {
        return Command::new(program);
    };
    let mut command = Command::new(prlimit);
    command
        .args([
            "--as=2147483648",
            "--cpu=20",
            "--nofile=32",
            "--fsize=0",
            "--core=0",
            "--",
        ])
        .arg(program);
    command
}

fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_absolute() && file.is_file())
}
