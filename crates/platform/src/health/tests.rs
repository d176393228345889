use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

struct Fixed {
    name: &'static str,
    essential: bool,
    outcome: Result<Duration, String>,
    asked: Arc<AtomicU32>,
}

#[async_trait]
impl HealthCheck for Fixed {
    fn name(&self) -> &'static str {
        self.name
    }

    fn essential(&self) -> bool {
        self.essential
    }

    async fn check(&self) -> Result<Duration, String> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.outcome.clone()
    }
}

fn check(name: &'static str, essential: bool, up: bool, asked: &Arc<AtomicU32>) -> Box<dyn HealthCheck> {
    let outcome = if up { Ok(Duration::from_millis(3)) } else { Err("gone".to_owned()) };
    Box::new(Fixed { name, essential, outcome, asked: Arc::clone(asked) })
}

#[tokio::test]
async fn only_what_is_essential_brings_the_whole_down() {
    let asked = Arc::default();
    let of = |database, redis| {
        Health::new(vec![check("database", true, database, &asked), check("redis", false, redis, &asked)])
    };
    assert_eq!(of(true, true).report().await.status, HealthStatus::Up);
    let report = of(true, false).report().await;
    assert_eq!((report.status, report.can_serve()), (HealthStatus::Degraded, true));
    assert_eq!(report.checks["database"].latency_ms, Some(3.0));
    assert_eq!(report.checks["redis"].error.as_deref(), Some("gone"));
    assert!(!of(false, true).report().await.can_serve());
}

#[tokio::test]
async fn a_storm_of_questions_costs_one_round() {
    let asked = Arc::default();
    let health = Health::new(vec![check("database", true, true, &asked)]);
    join_all((0..500).map(|_| health.report())).await;
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

struct Hanging;

#[async_trait]
impl HealthCheck for Hanging {
    fn name(&self) -> &'static str {
        "email"
    }

    async fn check(&self) -> Result<Duration, String> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_check_that_hangs_is_given_up_after_two_seconds() {
    let asked = Instant::now();
    let report = Health::new(vec![Box::new(Hanging)]).report().await;
    assert_eq!(report.checks["email"].error.as_deref(), Some("timed out"));
    assert!(asked.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn folders_stand_in_for_storage_and_mail() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::for_tests(folder.path());
    let health = Health::new(vec![
        Box::new(RedisCheck::new(None)),
        Box::new(StorageCheck::new(&config.storage)),
        Box::new(EmailCheck::new(&config)),
    ]);
    let report = health.report().await;
    assert_eq!(report.status, HealthStatus::Up, "{report:?}");
    assert_eq!(report.checks["redis"].status, HealthStatus::Disabled);
    assert_eq!(std::fs::read_dir(folder.path().join("mail")).unwrap().count(), 0);
}

#[tokio::test]
async fn unreachable_servers_are_down() {
    let mut config = Config::for_tests("/nowhere".as_ref());
    config.smtp.url = Some("smtp://127.0.0.1:1".to_owned().into());
    config.storage.endpoint = Some("http://127.0.0.1:1".into());
    config.storage.bucket = Some("lyceum".into());
    config.storage.access_key = Some("key".to_owned().into());
    config.storage.secret_key = Some("secret".to_owned().into());
    let health = Health::new(vec![Box::new(StorageCheck::new(&config.storage)), Box::new(EmailCheck::new(&config))]);
    let report = health.report().await;
    assert_eq!(report.checks["storage"].status, HealthStatus::Down);
    assert_eq!(report.checks["email"].status, HealthStatus::Down);
}
