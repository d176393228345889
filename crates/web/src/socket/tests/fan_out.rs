use std::time::Instant;

use super::super::{Topic, publish};
use super::*;

fn price(symbol: &str, price: u64) -> Push {
    Push::quote(symbol, &Told::Price { symbol: symbol.to_owned(), price })
}

fn school(number: u128) -> SchoolId {
    SchoolId(Uuid::from_u128(number))
}

#[tokio::test]
async fn row_25_a_topic_is_heard_in_its_school_alone() {
    let site = Site::start().await;
    let (mut anna, mut bert) = (site.client("anna").await, site.client("bert").await);
    let mut carl = site.client("carl").await;
    for client in [&mut anna, &mut bert, &mut carl] {
        client.enter(7).await;
    }
    anna.say("say", json!({ "room": 7, "text": "hello" })).await;
    for client in [&mut anna, &mut bert] {
        assert_eq!(client.event().await, json!({ "event": "said", "data": { "text": "hello" } }));
    }
    carl.hears_nothing().await;
    bert.say("leave", json!({ "room": 7 })).await;
    bert.settle().await;
    anna.say("say", json!({ "room": 7, "text": "alone" })).await;
    assert_eq!(anna.event().await["data"]["text"], "alone");
    bert.hears_nothing().await;
    // Whoever has no school can join nothing of one.
    site.know("emil", 5, None, &["room:enter"]);
    let mut emil = site.client("emil").await;
    emil.say("enter", json!({ "room": 7 })).await;
    assert_eq!(emil.closed().await.0, 1008);
}

#[tokio::test]
async fn what_concerns_a_person_reaches_all_their_sockets_and_nobody_elses() {
    let site = Site::start().await;
    let (mut one, mut two, mut bert) =
        (site.client("anna").await, site.client("anna").await, site.client("bert").await);
    let user = UserId(Uuid::from_u128(1));
    let said = |text: &str| Push::message(&Told::Said { text: text.to_owned() });
    publish(&site.platform.bus, &Topic::of_person(user), &said("account"));
    publish(&site.platform.bus, &Topic::of_member(school(1), user), &said("member"));
    publish(&site.platform.bus, &Topic::of_member(school(2), user), &said("elsewhere"));
    for client in [&mut one, &mut two] {
        assert_eq!(client.event().await["data"]["text"], "account");
        assert_eq!(client.event().await["data"]["text"], "member");
        client.hears_nothing().await;
    }
    bert.hears_nothing().await;
}

#[tokio::test]
async fn ids_come_in_the_envelope() {
    let site = Site::start().await;
    let mut client = site.client("anna").await;
    client.enter(1).await;
    let id = Uuid::from_u128(77);
    let push = Push::message_with_id(id, &Told::Said { text: "x".to_owned() });
    publish(&site.platform.bus, &Topic::of_school(school(1), "room", 1), &push);
    assert_eq!(client.event().await["id"], id.to_string());
}

#[tokio::test]
async fn row_49_a_reader_that_stops_is_cut_and_the_others_miss_nothing() {
    let site = Site::start().await;
    let mut stopped = site.narrow_client("anna").await;
    stopped.enter(1).await;
    let mut others = Vec::new();
    for _ in 0..5 {
        let mut other = site.client("bert").await;
        other.enter(1).await;
        others.push(other);
    }
    // Together more than its queue and all buffers on the way hold.
    let text = "x".repeat(8_192);
    let topic = Topic::of_school(school(1), "room", 1);
    let count = 2_000_u128;
    let readers: Vec<_> = others
        .into_iter()
        .map(|mut other| {
            tokio::spawn(async move {
                for number in 1..=count {
                    assert_eq!(other.event().await["id"], Uuid::from_u128(number).to_string());
                }
            })
        })
        .collect();
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    for number in 1..=count {
        let sent = Instant::now();
        let push = Push::message_with_id(Uuid::from_u128(number), &Told::Said { text: text.clone() });
        publish(&site.platform.bus, &topic, &push);
        slowest = slowest.max(sent.elapsed());
        // As fast as the others read: their queues are no longer than anybody's.
        tokio::time::sleep(Duration::from_micros(300)).await;
    }
    for reader in readers {
        reader.await.unwrap();
    }
    println!("{count} messages to five readers in {:?}, none took longer to publish than {slowest:?}", began.elapsed());
    // The one that stopped is let go of, although nothing can be written to it.
    let gone = Instant::now();
    while site.web.state().sockets().count() > 5 {
        assert!(gone.elapsed() < Duration::from_secs(30), "the stopped reader is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut read = 0;
    while let Some(Ok(message)) = stopped.next().await {
        read += usize::from(message.is_text());
    }
    assert!(read < 2_000, "it was sent everything");
}

#[tokio::test]
async fn row_49_a_slow_reader_is_told_where_to_read_on() {
    let site = Site::with(|config| config.sockets.queue_bytes = 16_384).await;
    let mut client = site.client("anna").await;
    client.enter(1).await;
    // As long as it takes: what lies in the buffers of the system is not known, but that it ends is.
    let topic = Topic::of_school(school(1), "room", 1);
    let text = "x".repeat(8_192);
    for number in 1..=8_192_u128 {
        let push = Push::message_with_id(Uuid::from_u128(number), &Told::Said { text: text.clone() });
        publish(&site.platform.bus, &topic, &push);
    }
    let mut last = None;
    let (code, reason) = loop {
        match client.next().await {
            Some(Ok(Message::Text(text))) => {
                let event: Value = serde_json::from_str(&text).unwrap();
                last = event["id"].as_str().map(str::to_owned).or(last);
            }
            Some(Ok(Message::Close(Some(frame)))) => break (u16::from(frame.code), frame.reason.to_string()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, 4408, "{reason}");
    let cursor = reason.split_once("cursor=").map(|(_, cursor)| cursor.to_owned());
    assert_eq!(cursor, last, "{reason}");
}

#[tokio::test]
async fn row_49_of_quotes_a_slow_reader_gets_the_latest() {
    let site = Site::start().await;
    let mut slow = site.narrow_client("anna").await;
    let mut fast = site.client("bert").await;
    for client in [&mut slow, &mut fast] {
        client.enter(1).await;
    }
    let topic = Topic::of_school(school(1), "room", 1);
    let (symbols, rounds) = (50, 4_000_u64);
    for round in 1..=rounds {
        for symbol in 0..symbols {
            publish(&site.platform.bus, &topic, &price(&format!("S{symbol}"), round));
        }
    }
    let mut frames = 0;
    let mut latest = HashMap::new();
    while latest.len() < symbols || latest.values().any(|price| *price < rounds) {
        let event = slow.event().await;
        frames += 1;
        let (symbol, price) = (event["data"]["symbol"].to_string(), event["data"]["price"].as_u64().unwrap());
        let before = latest.insert(symbol, price);
        assert!(before.is_none_or(|before| before < price), "prices do not go back");
    }
    assert!(frames < 50 * 4_000, "{frames} of {} quotes", 50 * rounds);
    println!("{frames} frames instead of {}", 50 * rounds);
}

#[tokio::test]
async fn whoever_takes_nothing_for_too_long_is_closed_however_little_waits() {
    let site = Site::with(|config| {
        config.sockets.stalled_s = 1;
        config.sockets.queue_bytes = 64 << 20;
    })
    .await;
    let mut stopped = site.narrow_client("anna").await;
    stopped.enter(1).await;
    let topic = Topic::of_school(school(1), "room", 1);
    // More than the kernel keeps, less than the queue holds.
    for _ in 0..2_000 {
        publish(&site.platform.bus, &topic, &Push::message(&Told::Said { text: "x".repeat(8_192) }));
    }
    let began = Instant::now();
    while site.web.state().sockets().count() > 0 {
        assert!(began.elapsed() < Duration::from_secs(15), "it is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("gone after {:?}", began.elapsed());
}
