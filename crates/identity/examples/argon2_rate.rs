//! Hashes a second of the bare argon2 crate on all cores, with the server's cost: the bound of `POST /v1/auth/login`.
//!
//! `cargo run --release -p lyceum-identity --example argon2_rate -- 5` measures for five seconds.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Error, Params, Version};

/// As in `config/default.toml`.
const MEMORY_KIB: u32 = 47_104;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(5), |text| text.parse())?;
    let time = Duration::from_secs(seconds);
    let cores = thread::available_parallelism()?.get();
    let started = Instant::now();
    let counts: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(move || hash_for(time))).collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let elapsed = started.elapsed();
    let mut hashes = 0_u32;
    for count in counts {
        hashes += count.map_err(|_| "a thread panicked")??;
    }
    writeln!(std::io::stdout(), "{:.1} hashes/s on {cores} cores", f64::from(hashes) / elapsed.as_secs_f64())?;
    Ok(())
}

/// Hashes into one block of memory until the time is over; how often.
fn hash_for(time: Duration) -> Result<u32, Error> {
    let params = Params::new(MEMORY_KIB, 1, 1, Some(32))?;
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (started, mut count, mut out) = (Instant::now(), 0, [0_u8; 32]);
    while started.elapsed() < time {
        argon2.hash_password_into_with_memory(
            b"correct horse battery staple",
            b"0123456789abcdef",
            &mut out,
            &mut memory,
        )?;
        count += 1;
    }
    Ok(count)
}
