"""Recordings to import: a big one made with ffmpeg, and the demo's small ones."""

import functools
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

DEMO = Path(__file__).resolve().parents[3] / "deploy" / "demo"
ROOM, CONFERENCE = "609d0d12db51bd6148eeb9a1", "911405231459"


@functools.cache
def big_mp4() -> Path:
    """A playable MP4 of noise, which no codec makes small: more than 8 MB of H.264 and AAC."""
    path = Path(tempfile.mkdtemp(prefix="reelgate-recording-")) / "transcoded.mp4"
    frames = 120
    noise = random.Random(2).randbytes(320 * 240 * 3 // 2 * frames)
    video = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "320x240", "-r", "25", "-i", "-"]
    audio = ["-f", "lavfi", "-i", "sine=frequency=440:duration=4.8"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-c:a", "aac", "-movflags", "+faststart"]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *video, *audio, *coding, str(path)], input=noise, check=True, timeout=120
    )
    assert path.stat().st_size > 8_000_000, path.stat().st_size
    return path


def make_session(folder: Path, files: dict[str, Path]) -> Path:
    """A folder to import, with one session."""
    place = folder / ROOM / CONFERENCE
    place.mkdir(parents=True)
    for name, source in files.items():
        shutil.copy2(source, place / name)
    return folder


def demo_files(pattern: str) -> list[Path]:
    return sorted(DEMO.glob(f"*/*/*/{pattern}"))
