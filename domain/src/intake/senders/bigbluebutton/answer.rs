//! What `getRecordings` answers, read piece by piece: as deep as the answer is, and no deeper.

use chrono::DateTime;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::{FILE_NAME, VIDEO};
use crate::files::FileKind;
use crate::intake::redaction::redact_text;
use crate::intake::senders::{Expected, base_name, believed, in_order, label};

/// What a format's page plays.
const MEDIA: &str = "video-0.m4v";
/// Elements within elements. The answer's own are seven deep.
const DEPTH: usize = 16;
/// Bytes of a field that are heard at most: addresses may be long.
const HEARD: usize = 4_096;
/// Characters of the server's own words that are shown at most.
const WORDS: usize = 300;

const UNREADABLE: &str = "BigBlueButton's answer is not what getRecordings answers";

/// The recordings that an answer of `getRecordings` tells of, those with a video file only; or why there is no answer.
///
/// An answer may have megabytes: not for a thread that others wait for.
pub(crate) fn recordings(answer: &[u8]) -> Result<Vec<Expected>, String> {
    let answer = str::from_utf8(answer).map_err(|_| UNREADABLE)?;
    let mut reader = Reader::from_str(answer);
    let mut above: Vec<Place> = Vec::with_capacity(DEPTH);
    let mut place = Place::Document;
    let mut said = Said::default();
    let mut found = Vec::new();
    loop {
        match reader.read_event().map_err(|_| UNREADABLE)? {
            Event::Start(tag) => {
                // SECURITY: the answer is somebody else's; whoever nests without end is not followed.
                if above.len() == DEPTH {
                    return Err(UNREADABLE.to_owned());
                }
                above.push(place);
                place = place.inner(tag.local_name().as_ref());
                match place {
                    Place::Recording => said = said.next(),
                    Place::Format => said.format = Format::default(),
                    _ => {}
                }
            }
            Event::Text(text) => said.hear(place, &text),
            Event::GeneralRef(entity) => {
                if let Some(character) = entity.resolve_char_ref().ok().flatten() {
                    said.hear(place, character.encode_utf8(&mut [0; 4]));
                } else {
                    // The five of XML itself; a document's own entities are never resolved.
                    let text = quick_xml::escape::resolve_xml_entity(&entity).ok_or(UNREADABLE)?;
                    said.hear(place, text);
                }
            }
            Event::CData(text) => said.hear(place, &text),
            Event::End(_) => {
                match place {
                    Place::Format => said.keep_video(),
                    Place::Recording => found.extend(said.expected()),
                    _ => {}
                }
                place = above.pop().ok_or(UNREADABLE)?;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    match said.code.trim() {
        "SUCCESS" => Ok(found),
        "FAILED" => Err(format!("BigBlueButton refused: {}", said.why())),
        _ => Err(UNREADABLE.to_owned()),
    }
}

/// Where in the answer the reader stands, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Document,
    Response,
    Code,
    Message,
    Recordings,
    Recording,
    RecordId,
    MeetingId,
    StartTime,
    EndTime,
    Playback,
    Format,
    FormatType,
    FormatUrl,
    Elsewhere,
}

impl Place {
    /// The place of an element of this name within.
    fn inner(self, name: &str) -> Self {
        match (self, name) {
            (Self::Document, "response") => Self::Response,
            (Self::Response, "returncode") => Self::Code,
            (Self::Response, "message") => Self::Message,
            (Self::Response, "recordings") => Self::Recordings,
            (Self::Recordings, "recording") => Self::Recording,
            (Self::Recording, "recordID") => Self::RecordId,
            (Self::Recording, "meetingID") => Self::MeetingId,
            (Self::Recording, "startTime") => Self::StartTime,
            (Self::Recording, "endTime") => Self::EndTime,
            (Self::Recording, "playback") => Self::Playback,
            (Self::Playback, "format") => Self::Format,
            (Self::Format, "type") => Self::FormatType,
            (Self::Format, "url") => Self::FormatUrl,
            _ => Self::Elsewhere,
        }
    }
}

#[derive(Default)]
struct Format {
    kind: String,
    url: String,
}

/// What was heard of the answer and of the recording that is being read.
#[derive(Default)]
struct Said {
    code: String,
    message: String,
    record: String,
    meeting: String,
    start: String,
    end: String,
    format: Format,
    video: Option<String>,
}

impl Said {
    fn next(self) -> Self {
        Self {
            code: self.code,
            message: self.message,
            ..Self::default()
        }
    }

    fn hear(&mut self, place: Place, text: &str) {
        let field = match place {
            Place::Code => &mut self.code,
            Place::Message => &mut self.message,
            Place::RecordId => &mut self.record,
            Place::MeetingId => &mut self.meeting,
            Place::StartTime => &mut self.start,
            Place::EndTime => &mut self.end,
            Place::FormatType => &mut self.format.kind,
            Place::FormatUrl => &mut self.format.url,
            _ => return,
        };
        let room = HEARD.saturating_sub(field.len());
        field.push_str(&text[..text.floor_char_boundary(room)]);
    }

    /// The server's own words, cut and without what was secret in them (X16).
    fn why(&self) -> String {
        match self.message.trim() {
            "" => "no reason was given".to_owned(),
            words => redact_text(words).chars().take(WORDS).collect(),
        }
    }

    fn keep_video(&mut self) {
        let url = self.format.url.trim();
        if self.format.kind.trim() == VIDEO && !url.is_empty() {
            self.video = Some(media_of(url));
        }
    }

    fn expected(&self) -> Option<Expected> {
        let address = self.video.clone()?;
        let record = self.record.trim();
        if record.is_empty() {
            return None;
        }
        let moment = |text: &str| {
            let millis: i64 = text.trim().parse().ok().filter(|&millis| millis > 0)?;
            DateTime::from_timestamp_millis(millis).and_then(believed)
        };
        let (started_at, ended_at) = in_order(moment(&self.start), moment(&self.end));
        Some(Expected {
            external_id: record.to_owned(),
            name: FILE_NAME.to_owned(),
            room: label(&self.meeting),
            conference_number: label(record),
            kind: Some(FileKind::Transcoded),
            started_at,
            ended_at,
            path: None,
            address: Some(address),
            expires_at: None,
        })
    }
}

/// The media file of a video format: since 2.6 the address is that of a page beside it.
fn media_of(url: &str) -> String {
    let is_file = [".mp4", ".m4v", ".webm"]
        .iter()
        .any(|ending| base_name(url).to_ascii_lowercase().ends_with(ending));
    if is_file {
        url.to_owned()
    } else {
        format!("{}/{MEDIA}", url.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R164: an answer within the limit of its size costs no more than its size, however it is nested.
    #[test]
    fn an_answer_that_nests_without_end_is_refused() {
        let bomb = "<a>".repeat(2_600_000);
        assert_eq!(recordings(bomb.as_bytes()), Err(UNREADABLE.to_owned()));
        let deep = format!(
            "<response><returncode>SUCCESS</returncode>{}{}</response>",
            "<a>".repeat(DEPTH - 1),
            "</a>".repeat(DEPTH - 1)
        );
        assert_eq!(recordings(deep.as_bytes()), Ok(Vec::new()));
        // An end without a beginning.
        assert!(recordings(b"</a>").is_err());
    }

    /// X16: what a server says of itself is shown to people.
    #[test]
    fn the_servers_own_words_are_cut_and_redacted() {
        let answer = format!(
            "<response><returncode>FAILED</returncode><message>see https://u:pa55@bbb.example/?sig=s1g {}</message></response>",
            "x".repeat(5_000_000)
        );
        let why = recordings(answer.as_bytes()).unwrap_err();
        assert!(
            why.starts_with("BigBlueButton refused: see https://bbb.example/?[removed] xxx"),
            "{why}"
        );
        assert!(why.chars().count() < WORDS + 50 && !why.contains("pa55"));
    }

    /// Moments that no calendar has are not believed.
    #[test]
    fn odd_moments_are_left_out() {
        let answer = "<response><returncode>SUCCESS</returncode><recordings><recording><recordID>r</recordID>\
            <startTime>8210266876799999</startTime><endTime>9223372036854775807</endTime><playback><format>\
            <type>video</type><url>https://h.example/a.mp4</url></format></playback></recording></recordings></response>";
        let found = recordings(answer.as_bytes()).unwrap();
        assert_eq!((found[0].started_at, found[0].ended_at), (None, None));
    }
}
