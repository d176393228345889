//! An S3 server in the tests' own process, which checks signatures. `LYCEUM_TEST_S3_URL` names another one, whose keys are
//! `LYCEUM_TEST_S3_ACCESS_KEY` and `LYCEUM_TEST_S3_SECRET_KEY` and whose bucket is `LYCEUM_TEST_S3_BUCKET`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use lyceum_platform::config::StorageConfig;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::sync::oneshot;

use super::variable;

const ACCESS_KEY: &str = "lyceum-tests";
const SECRET_KEY: &str = "a secret of the tests' own S3 server";

/// Whether the store is to be an S3 server: in the half of the tests that runs on servers, or when one is named.
pub fn is_wanted() -> bool {
    ["LYCEUM_TEST_REDIS_URL", "LYCEUM_TEST_S3", "LYCEUM_TEST_S3_URL"].iter().any(|name| variable(name).is_some())
}

/// A bucket on a server that ends with its last clone.
#[derive(Debug, Clone)]
pub struct Bucket {
    endpoint: String,
    name: String,
    keys: (String, String),
    /// Where the objects of the tests' own server lie.
    pub folder: Option<PathBuf>,
    _server: Option<Arc<Server>>,
}

#[derive(Debug)]
struct Server(Option<oneshot::Sender<()>>);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}

impl Bucket {
    /// A new bucket on a server of its own, below `folder`.
    pub fn create(folder: &Path) -> Self {
        let name = "lyceum".to_owned();
        if let Some(endpoint) = variable("LYCEUM_TEST_S3_URL") {
            let key = |name| variable(name).expect("the keys of the S3 server");
            let keys = (key("LYCEUM_TEST_S3_ACCESS_KEY"), key("LYCEUM_TEST_S3_SECRET_KEY"));
            let name = variable("LYCEUM_TEST_S3_BUCKET").unwrap_or(name);
            return Self { endpoint, name, keys, folder: None, _server: None };
        }
        let root = folder.join("s3");
        std::fs::create_dir_all(root.join(&name)).expect("a bucket");
        let (endpoint, server) = serve(&root);
        let keys = (ACCESS_KEY.to_owned(), SECRET_KEY.to_owned());
        Self { endpoint, folder: Some(root.join(&name)), name, keys, _server: Some(Arc::new(server)) }
    }

    /// Makes it the store.
    pub fn configure(&self, storage: &mut StorageConfig) {
        storage.endpoint = Some(self.endpoint.clone());
        storage.bucket = Some(self.name.clone());
        storage.access_key = Some(self.keys.0.clone().into());
        storage.secret_key = Some(self.keys.1.clone().into());
    }
}

/// On a thread and a runtime of its own, which last as long as the bucket does.
fn serve(root: &Path) -> (String, Server) {
    let files = FileSystem::new(root).expect("a folder for objects");
    let mut service = S3ServiceBuilder::new(files);
    service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    let service = service.build();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a listener");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let (stop, stopped) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.expect("a runtime").block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let accepting = async {
                loop {
                    let Ok((socket, _)) = listener.accept().await else { continue };
                    let service = service.clone();
                    tokio::spawn(async move {
                        let http = Builder::new(TokioExecutor::new());
                        let _ = http.serve_connection(TokioIo::new(socket), service).await;
                    });
                }
            };
            tokio::select! {
                () = accepting => {}
                _ = stopped => {}
            }
        });
    });
    (endpoint, Server(Some(stop)))
}
