//! Every way to tamper with a chain, without a database.

use chrono::DateTime;
use uuid::Uuid;

use super::*;
use crate::access_log::EntryId;

fn account(n: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(n))
}

fn row(chain: u128, seq: i64) -> Row {
    Row {
        account: account(chain),
        seq,
        id: EntryId::from_uuid(Uuid::from_u128(7000 + u128::from(seq.cast_unsigned()))),
        occurred_at: DateTime::from_timestamp(1_795_000_000 + seq, 0).unwrap(),
        project: None,
        session: None,
        file: None,
        file_name: Some("live.mp4".to_owned()),
        caller_kind: "none".to_owned(),
        caller: None,
        proof: "nothing".to_owned(),
        client_address: "192.0.2.7".to_owned(),
        user_agent: None,
        method: "GET".to_owned(),
        status: 403,
        bytes_sent: 12,
        reason: Some("no_proof".to_owned()),
    }
}

fn given_chain(chain: u128, rows: i64) -> (Vec<Link>, Head) {
    let mut previous = START;
    let links: Vec<Link> = (1..=rows)
        .map(|seq| {
            let row = row(chain, seq);
            previous = hash(&previous, &row);
            Link {
                row,
                hash: previous,
            }
        })
        .collect();
    let head = Head {
        account: account(chain),
        count: rows,
        hash: previous,
    };
    (links, head)
}

fn found(links: &[Link], heads: &[Head], kept: Vec<Head>) -> Option<Broken> {
    let mut proof = Proof::new(kept);
    for link in links {
        proof.add(link);
    }
    proof
        .finish(heads)
        .iter()
        .find_map(|finding| finding.broken)
}

#[test]
fn whole_chains_are_whole() {
    let ((mut links, first), (others, second)) = (given_chain(1, 5), given_chain(2, 3));
    links.extend(others);
    assert_eq!(found(&links, &[first, second], vec![first]), None);
    assert_eq!(found(&[], &[], vec![]), None);
}

/// The encoding is for ever: this hash was computed by another program from the description alone.
#[test]
fn the_hash_is_what_the_description_says() {
    let expected = "3bb9726d74850b6bd8daa602e851f9f79422d526b6b582d1395b3edf371cb630";
    assert_eq!(to_hexadecimal(&hash(&START, &row(1, 1))), expected);
}

#[test]
fn whatever_is_changed_is_found() {
    let changes: [fn(&mut Row); 7] = [
        |row| row.file_name = None,
        |row| row.client_address.push('0'),
        |row| row.status = 200,
        |row| row.reason = None,
        |row| row.caller_kind = "member".to_owned(),
        |row| row.bytes_sent += 1,
        |row| row.occurred_at += chrono::TimeDelta::microseconds(1),
    ];
    for change in changes {
        let (mut links, head) = given_chain(1, 5);
        change(&mut links[2].row);
        assert_eq!(
            found(&links, &[head], vec![]),
            Some(Broken::Changed { seq: 3 })
        );
    }
}

/// Whoever changes a row and hashes it anew breaks the next one, or the end.
#[test]
fn a_forged_hash_breaks_the_next_row() {
    let (mut links, head) = given_chain(1, 5);
    links[2].row.status = 200;
    links[2].hash = hash(&links[1].hash, &links[2].row);
    assert_eq!(
        found(&links, &[head], vec![]),
        Some(Broken::Changed { seq: 4 })
    );
    let (mut links, head) = given_chain(1, 5);
    links[4].row.status = 200;
    links[4].hash = hash(&links[3].hash, &links[4].row);
    assert_eq!(
        found(&links, &[head], vec![]),
        Some(Broken::OtherHead { seq: 5 })
    );
}

#[test]
fn what_was_removed_is_found() {
    let (mut links, head) = given_chain(1, 5);
    links.remove(2);
    let gap = Broken::Missing { from: 3, to: 3 };
    assert_eq!(found(&links, &[head], vec![]), Some(gap));
    let (links, head) = given_chain(1, 5);
    let gap = Broken::Missing { from: 1, to: 2 };
    assert_eq!(
        found(&links[2..], &[head], vec![]),
        Some(gap),
        "from the beginning"
    );
    let gap = Broken::Missing { from: 4, to: 5 };
    assert_eq!(
        found(&links[..3], &[head], vec![]),
        Some(gap),
        "from the end"
    );
    let all = Broken::Missing { from: 1, to: 5 };
    assert_eq!(found(&[], &[head], vec![]), Some(all), "everything");
    assert_eq!(found(&links, &[], vec![]), Some(Broken::NoHead));
}

#[test]
fn rows_that_changed_places_are_found() {
    let (mut links, head) = given_chain(1, 5);
    links.swap(1, 2);
    assert_eq!(
        found(&links, &[head], vec![]),
        Some(Broken::Missing { from: 2, to: 2 })
    );
    // With their numbers made to fit.
    let (mut links, head) = given_chain(1, 5);
    links.swap(1, 2);
    links[1].row.seq = 2;
    links[2].row.seq = 3;
    assert_eq!(
        found(&links, &[head], vec![]),
        Some(Broken::Changed { seq: 2 })
    );
    let (mut links, head) = given_chain(1, 5);
    links.insert(2, links[1].clone());
    assert_eq!(
        found(&links, &[head], vec![]),
        Some(Broken::OutOfPlace { seq: 2 })
    );
    // Into another account's chain.
    let ((mut links, first), (others, second)) = (given_chain(1, 5), given_chain(2, 5));
    links[3] = others[3].clone();
    assert!(found(&links, &[first, second], vec![]).is_some());
}

/// Cut off together with its recorded end, a chain looks whole; an end that was written down shows it is not.
#[test]
fn an_end_that_was_written_down_shows_what_was_cut_off_or_made_anew() {
    let (links, head) = given_chain(1, 5);
    let (_, shorter) = given_chain(1, 3);
    assert_eq!(found(&links[..3], &[shorter], vec![]), None);
    let gap = Broken::Missing { from: 4, to: 5 };
    assert_eq!(found(&links[..3], &[shorter], vec![head]), Some(gap));
    let all = Broken::Missing { from: 1, to: 5 };
    assert_eq!(found(&[], &[], vec![head]), Some(all));
    let mut forged = head;
    forged.hash[0] ^= 1;
    assert_eq!(
        found(&links, &[head], vec![forged]),
        Some(Broken::OtherThanWrittenDown { seq: 5 })
    );
}

#[test]
fn heads_and_links_read_back() {
    let (links, head) = given_chain(1, 2);
    assert_eq!(head.to_string().parse(), Ok(head));
    for wrong in ["", "x:1:2", &head.to_string()[..90], &format!("{head}0")] {
        assert!(wrong.parse::<Head>().is_err(), "{wrong}");
    }
    let line = serde_json::to_string(&links[0]).unwrap();
    assert_eq!(serde_json::from_str::<Link>(&line).unwrap(), links[0]);
}
