//! The program itself, as a process with an environment of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use lyceum_gateway::cli::Cli;
use tempfile::TempDir;

use super::variable;

/// What the tests' executable is told when it is to be the program: the arguments, separated by [`SEPARATOR`].
const ARGUMENTS: &str = "RUN_AS_LYCEUM";
const SEPARATOR: &str = "\u{1f}";

/// What the executable of tests prints before anything else ends like this.
const PREAMBLE: &str = "::the_program_itself ... ";

/// Not a test: here the tests' own executable is the program, so that the processes are made of the code under test and need no
/// build of their own. `LYCEUM_TEST_BINARY` names another program to be tested.
#[test]
fn the_program_itself() {
    let Some(arguments) = variable(ARGUMENTS) else { return };
    let arguments = arguments.split(SEPARATOR).filter(|argument| !argument.is_empty());
    let cli = Cli::parse_from(std::iter::once("lyceum").chain(arguments));
    let success = lyceum_gateway::commands::run(cli) == ExitCode::SUCCESS;
    std::process::exit(i32::from(!success));
}

/// A program that reads files as `lyceum read-file` does: a script that starts the tests' own executable as the program.
pub fn reader(folder: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let script = folder.join("reader");
    if script.exists() {
        return script;
    }
    let tests = std::env::current_exe().expect("the path of the tests");
    let itself = concat!(module_path!(), "::the_program_itself");
    let (_, itself) = itself.split_once("::").expect("a module of this crate");
    let text = format!(
        "#!/bin/sh\nRUN_AS_LYCEUM=\"$1{SEPARATOR}$2\" exec \"{}\" --exact {itself} --nocapture --test-threads 1\n",
        tests.display()
    );
    std::fs::write(&script, text).expect("a script");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("a program");
    script
}

/// A place for the program: a folder, and settings that hold for every command run in it.
#[derive(Debug)]
pub struct Place {
    folder: TempDir,
    settings: Vec<(String, String)>,
}

impl Place {
    /// An empty folder and a configuration in which passwords are hashed fast.
    pub fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a folder"), settings: Vec::new() };
        place
            .set("PORT", "0")
            .set("LYCEUM_DATA_DIR", "data")
            .set("LYCEUM__TELEMETRY__LOG_FORMAT", "json")
            .set("LYCEUM__SECURITY__ARGON2__MEMORY_KIB", "64")
    }

    /// With an environment variable.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without an environment variable.
    pub fn without(mut self, name: &str) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self
    }

    /// The data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let named = variable("LYCEUM_TEST_BINARY");
        let mut command = match &named {
            Some(named) => Command::new(named),
            None => Command::new(std::env::current_exe().expect("the path of the tests")),
        };
        command.env_clear().current_dir(self.folder.path()).stdin(Stdio::null());
        if named.is_some() {
            command.args(arguments);
        } else {
            let itself = concat!(module_path!(), "::the_program_itself");
            let (_, itself) = itself.split_once("::").expect("a module of this crate");
            command.args([itself, "--exact", "--nocapture", "--test-threads=1"]);
            command.env(ARGUMENTS, arguments.join(SEPARATOR));
        }
        // For measuring coverage.
        for name in ["PATH", "LLVM_PROFILE_FILE"] {
            command.envs(variable(name).map(|value| (name, value)));
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().expect("the program runs").into()
    }

    /// Runs a command that reads from its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        let mut command = self.command(arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
        child.wait_with_output().expect("it ends").into()
    }

    /// Starts a server, and waits until it listens.
    pub fn serve(&self) -> Server {
        let mut child = self.command(&["serve"]).stderr(Stdio::piped()).spawn().expect("the program runs");
        let stderr = BufReader::new(child.stderr.take().expect("its log"));
        let log = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&log);
        let (tell, told) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let event: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
                if event["message"] == "server.listening" {
                    // Nobody waits any more once it is known.
                    let _ = tell.send(event["address"].as_str().expect("an address").to_owned());
                }
                let mut kept = kept.lock().expect("no poisoned lock");
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let Ok(address) = told.recv_timeout(Duration::from_mins(1)) else {
            let _ = child.kill();
            panic!("the server does not listen:\n{}", log.lock().expect("no poisoned lock"));
        };
        Server { child, address, log, reader: Some(reader) }
    }
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let stdout = text(output.stdout);
        let stdout = stdout.split_once(PREAMBLE).map_or(stdout.as_str(), |(_, own)| own).to_owned();
        Self { status: output.status, stdout, stderr: text(output.stderr) }
    }
}

impl Ended {
    /// What it printed, after checking that all went well.
    #[track_caller]
    pub fn succeeded(&self) -> &str {
        assert!(self.status.success(), "{self:?}");
        &self.stdout
    }

    /// What it complained about, after checking that it failed in good order.
    #[track_caller]
    pub fn refused(&self) -> &str {
        assert_eq!(self.status.code(), Some(1), "{self:?}");
        assert!(self.stderr.starts_with("lyceum: ") && !self.stderr.contains("panicked"), "{self:?}");
        &self.stderr
    }
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens, as in `127.0.0.1:41234`.
    pub address: String,
    log: Arc<Mutex<String>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// The port it listens on.
    pub fn port(&self) -> &str {
        self.address.rsplit(':').next().expect("a port")
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("no poisoned lock").clone()
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits until it ends, at most `patience`, and tells how and with what log.
    pub async fn ended(mut self, patience: Duration) -> (ExitStatus, String) {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                self.reader.take().expect("its reader").join().expect("the log is read");
                return (status, self.log());
            }
            assert!(Instant::now() < deadline, "the server does not end:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
