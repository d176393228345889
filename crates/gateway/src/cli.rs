//! The command line of `lyceum`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Lyceum: a headless learning platform for many schools.
#[derive(Debug, Parser)]
#[command(name = "lyceum", version, about, propagate_version = true)]
pub struct Cli {
    /// A configuration file (TOML) on top of the profile's own.
    #[arg(long, global = true, env = "LYCEUM_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// What to do; serves when left out.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API (the default); runs background jobs too unless `jobs.run_in_server` is off.
    Serve,
    /// Run background jobs only; needs PostgreSQL.
    Worker,
    /// Change or show the database schema.
    #[command(subcommand)]
    Migrate(Migrate),
    /// Administer the deployment.
    #[command(subcommand)]
    Admin(Admin),
    /// Serve with a demo school; the accounts are printed at start.
    Demo(Demo),
    /// Print the `OpenAPI` 3.1 document.
    Openapi,
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Ask a running server on this machine whether it is ready; exits 0 or 1 (for containers).
    Health(Health),
    /// Manage the keys that sign access tokens.
    #[command(subcommand)]
    Keys(Keys),
    /// Look after background jobs.
    #[command(subcommand)]
    Jobs(Jobs),
    /// Look after the audit log.
    #[command(subcommand)]
    Audit(Audit),
    /// Look after learners' progress.
    #[command(subcommand)]
    Progress(Progress),
    /// Read a document or picture from standard input, with few rights: the server starts this for itself.
    #[command(hide = true)]
    ReadFile {
        /// What to do: pdf, docx, text, picture-PIXELS.
        task: lyceum_files::reader::Task,
    },
}

/// `lyceum migrate …`
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Apply pending migrations, all or the next N.
    Up {
        /// How many.
        count: Option<u32>,
    },
    /// Revert the last migration, the last N, or all after a named one.
    Down {
        /// How many (default 1).
        #[arg(conflicts_with = "to")]
        count: Option<u32>,
        /// Revert everything that was applied after this migration.
        #[arg(long, value_name = "NAME")]
        to: Option<String>,
    },
    /// List migrations and whether they are applied.
    Status,
}

/// `lyceum admin …`
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Create a super admin.
    Create(AdminCreate),
}

/// `lyceum admin create …`
#[derive(Debug, Args)]
pub struct AdminCreate {
    /// The e-mail address to log in with.
    #[arg(long)]
    pub email: String,
    /// The full name.
    #[arg(long)]
    pub full_name: Option<String>,
    /// Read the password from standard input (one line).
    #[arg(long, required = true)]
    pub password_stdin: bool,
}

/// `lyceum demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// The port to serve on instead of the configured one.
    #[arg(long)]
    pub port: Option<u16>,
}

/// `lyceum config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration and print it, secrets masked.
    Check,
}

/// `lyceum progress …`
#[derive(Debug, Subcommand)]
pub enum Progress {
    /// Count all progress and its roll-ups from scratch, while the server runs or not.
    Rebuild(ProgressRebuild),
}

/// `lyceum progress rebuild`
#[derive(Debug, Args)]
pub struct ProgressRebuild {
    /// Only of this school: its id or its slug.
    #[arg(long)]
    pub school: Option<String>,
}

/// `lyceum health`
#[derive(Debug, Args)]
pub struct Health {
    /// Ask for liveness only instead of readiness.
    #[arg(long)]
    pub live: bool,
}

/// `lyceum keys …`
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make a new signing key; it signs once every node has seen it.
    Rotate,
}

/// `lyceum jobs …`
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// Put parked jobs back in the queue, all or those of one kind.
    Retry {
        /// The kind, as in `mail.send`.
        kind: Option<String>,
    },
}

/// `lyceum audit …`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Verify the hash chains of the audit log; exits 1 at the first break of any.
    Verify(AuditVerify),
}

/// `lyceum audit verify`
#[derive(Debug, Args)]
pub struct AuditVerify {
    /// Only the chain of this school, by its id or its slug.
    #[arg(long, value_name = "SCHOOL", conflicts_with = "platform")]
    pub school: Option<String>,
    /// Only the chain of what concerns no school.
    #[arg(long)]
    pub platform: bool,
}
