use super::*;
use crate::config::Config;

fn dead() -> Redis {
    let mut config = Config::for_tests("/nowhere".as_ref()).redis;
    config.url = Some("redis://127.0.0.1:1/".to_owned().into());
    Redis::connect(&config).unwrap().unwrap()
}

#[test]
fn without_a_url_there_is_none() {
    assert!(Redis::connect(&Config::for_tests("/nowhere".as_ref()).redis).unwrap().is_none());
}

#[tokio::test]
async fn failures_in_a_row_open_the_breaker_and_callers_return_at_once() {
    let redis = dead();
    for _ in 0..3 {
        assert!(redis.is_available());
        assert!(redis.ping().await.is_err());
    }
    assert!(!redis.is_available());
    let asked = Instant::now();
    for _ in 0..1_000 {
        assert!(matches!(redis.ping().await, Err(RedisError::Open)));
    }
    assert!(asked.elapsed() < Duration::from_millis(200), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_wrong_command_is_no_failure_of_redis() {
    let Some(redis) = for_tests() else { return };
    for _ in 0..5 {
        assert!(matches!(redis.query::<()>(&redis::cmd("NONSENSE")).await, Err(RedisError::Command(_))));
    }
    assert!(redis.is_available());
}

#[tokio::test]
async fn the_breaker_closes_when_redis_is_back() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut config = Config::for_tests("/nowhere".as_ref()).redis;
    config.url = Some(format!("redis://{address}/").into());
    config.breaker_probe_ms = 50;
    let redis = Redis::connect(&config).unwrap().unwrap();
    while redis.is_available() {
        assert!(redis.ping().await.is_err());
    }
    let Ok(mut server) = std::process::Command::new("redis-server")
        .args(["--port", &address.port().to_string(), "--save", "", "--bind", "127.0.0.1"])
        .stdout(std::process::Stdio::null())
        .spawn()
    else {
        return; // no Redis on this machine
    };
    let started = Instant::now();
    while !redis.is_available() && started.elapsed() < Duration::from_secs(5) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let back = redis.ping().await;
    server.kill().unwrap();
    server.wait().unwrap();
    back.unwrap();
}
