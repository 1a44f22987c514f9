//! The joint issue of six permits, with the server killed in the middle of it: all of them, or none.

use domain::id::Id;
use domain::project::Project;
use service::Service;
use service::clock::Clock;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use test_support::story;
use test_support::world::World;

struct Running {
    child: Child,
    address: String,
}

impl Running {
    /// The built server on the story's own database, papers and key.
    fn start(world: &World, site: &std::path::Path) -> Running {
        let folder = world.folder();
        let mut child = Command::new(env!("CARGO_BIN_EXE_quanlian"))
            .args(["serve", "--listen", "127.0.0.1:0", "--database", &world.url, "--site", site.to_str().unwrap()])
            .args(["--documents", folder.join("documents").to_str().unwrap(), "--keys", folder.join("keys").to_str().unwrap()])
            .envs([("LANG", "C"), ("RUST_LOG", "warn")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        let address = said.split("http://").nth(1).unwrap().split(' ').next().unwrap().to_string();
        Running { child, address }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn page(&self, path: &str, cookie: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\nCookie: session={cookie}\r\n\r\n", self.address).unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        page
    }

    /// Sends the form and does not wait for its answer.
    fn post(&self, path: &str, cookie: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.0\r\nHost: {0}\r\nOrigin: http://{0}\r\nCookie: session={cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {1}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        stream
    }
}

async fn issued(world: &World, id: &Id<Project>) -> (usize, usize) {
    let project = world.sees("chen", id).await.unwrap().project;
    (project.certificates.len(), project.joint.len())
}

story! {
    async fn killed_in_the_middle_of_the_joint_issue(world) {
        let site = tempfile::tempdir().unwrap();
        std::fs::write(site.path().join("manifest.json"), r#"{"program":"p","style":"s","preload":{}}"#).unwrap();
        let id = world.project().await;
        let six = world.brings_to_the_gate(&id).await;
        // The server's clock is the machine's: in the story's year the session would be long over.
        let (blobs, keys) = (world.service.blobs.clone(), world.service.keys.clone());
        let today = Service::open(&world.url, blobs, keys, world.service.catalogue.clone(), Clock::System).await.unwrap();
        let chen = world.at(&today, "chen").await;
        let cookie = service::account::begin_session(&chen, &chen.actor().unwrap().account).await.unwrap().0;
        let matters: String = six.iter().map(|m| format!("&matters[]={m}")).collect();
        let server = Running::start(&world, site.path());
        assert!(server.page(&format!("/projects/{id}/issue"), &cookie).contains("/rpc/issue_jointly"), "the form of the joint issue");
        let version = world.sees("chen", &id).await.unwrap().project.version;
        server.kill();
        // Later and later within the act, until it has come through.
        let (mut none, mut delay) = (0, Duration::from_millis(1));
        for attempt in 0.. {
            let server = Running::start(&world, site.path());
            // What a first request has to load is not part of the act.
            server.page("/health", &cookie);
            let body = format!("project={id}&key=crash-{attempt}&based_on={version}{matters}");
            let answer = server.post("/rpc/issue_jointly", &cookie, &body);
            // When in the act it dies is what the test goes through.
            tokio::time::sleep(delay).await;
            server.kill();
            drop(answer);
            match issued(&world, &id).await {
                (0, 0) => none += 1,
                (all, acts) => {
                    assert_eq!((all, acts), (six.len(), 1), "after {delay:?}");
                    break;
                }
            }
            assert!(delay < Duration::from_secs(20), "it never comes through");
            delay = delay * 5 / 4 + Duration::from_millis(1);
        }
        assert!(none > 2, "killed at least some times before its end: {none}");
        assert!(service::verify::verify(&world.service).await.unwrap().is_ok());
        let project = world.sees("chen", &id).await.unwrap().project;
        for number in &project.joint[0].numbers {
            assert!(service::certificate::by_number(&world.service, number).await.unwrap().authentic);
        }
        assert!(six.iter().all(|m| project.matters[m].is_done()));
    }
}
