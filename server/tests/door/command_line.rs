//! The program as an operator meets it.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn quanlian(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quanlian"))
        .args(arguments)
        .env("LANG", "C")
        .env_remove("DATABASE_URL")
        .env_remove("LC_ALL")
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn catalogue() -> String {
    format!("{}/../catalogue", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn working_days_print_one_date_and_nothing_else() {
    assert_eq!(out(&quanlian(&["workdays", "add", "2024-09-27", "5"])), "2024-10-10\n");
    assert_eq!(out(&quanlian(&["workdays", "add", "2024-10-10", "-5"])), "2024-09-27\n");
    assert_eq!(out(&quanlian(&["workdays", "between", "2024-09-27", "2024-10-10"])), "5\n");
    let beyond = quanlian(&["workdays", "add", "2026-12-31", "1"]);
    assert_eq!(out(&beyond), "2027-01-01\n");
    assert!(err(&beyond).contains("Monday to Friday is assumed"));
    let wrong = quanlian(&["workdays", "add", "2023-02-29", "1"]);
    assert!(!wrong.status.success());
    assert!(err(&wrong).contains("`2023-02-29` is not a day that exists"));
}

/// A copy of the catalogue that a test may damage.
fn catalogue_copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(catalogue()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    folder
}

fn edit(folder: &Path, file: &str, old: &str, new: &str) {
    let path = folder.join(file);
    let source = std::fs::read_to_string(&path).unwrap();
    assert!(source.contains(old));
    std::fs::write(&path, source.replacen(old, new, 1)).unwrap();
}

#[test]
fn a_whole_catalogue_prints_its_counts_and_a_damaged_one_every_mistake() {
    let whole = quanlian(&["check-catalogue", &catalogue()]);
    assert!(whole.status.success());
    assert!(out(&whole).starts_with("70 matters, 116 fields, 37 attributes, 20 questions, 7 stages"), "{}", out(&whole));
    let folder = catalogue_copy();
    let damage = |file: &str, old: &str, new: &str| edit(folder.path(), file, old, new);
    damage("catalogue.yaml", "department: natural-resources", "department: natural-resource");
    damage("stages.yaml", "role: lead-officer", "role: boss");
    let damaged = quanlian(&["check-catalogue", folder.path().to_str().unwrap()]);
    assert_eq!(damaged.status.code(), Some(1));
    let lines: Vec<String> = out(&damaged).lines().map(str::to_string).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("catalogue.yaml:") && lines[0].contains("unknown organisation `natural-resource`"));
    assert!(lines[1].starts_with("stages.yaml:") && lines[1].contains("expected one of: enterprise, agent"));
    // A server told to use it does not start; the built-in one is not touched.
    let serve = quanlian(&["--catalogue", folder.path().to_str().unwrap(), "workdays", "add", "2024-09-27", "5"]);
    assert_eq!(serve.status.code(), Some(1));
}

#[test]
fn the_guide_map_of_a_file_of_answers_is_json() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.json");
    std::fs::write(&file, r#"{"hazchem_level":"produce","industry":"chemical","product_types":[],"site_area_sqm":66667}"#).unwrap();
    let run = |as_of: &str| -> Value {
        let output = quanlian(&["guide", "--answers", file.to_str().unwrap(), "--json", "--as-of", as_of]);
        assert!(output.status.success(), "{}", err(&output));
        serde_json::from_str(&out(&output)).unwrap()
    };
    let map = run("2026-04-30");
    assert_eq!(map["as_of"], "2026-04-30");
    assert_eq!(map["answers"]["water_soil_class"], "report-book");
    assert_eq!(map["answers"]["investment_type"], "social");
    let safety = |map: &Value| map["matters"].as_array().unwrap().iter().find(|m| m["id"] == "safety-condition-review").unwrap().clone();
    assert_eq!(safety(&map)["legal_limit_workdays"], 32);
    assert_eq!(safety(&run("2026-11-23"))["legal_limit_workdays"], 20);
    assert_eq!(safety(&map)["department"], "emergency");
}

#[test]
fn answers_that_make_no_sense_are_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.json");
    for (answers, words) in [
        (r#"{"colour":"red"}"#, "There is no question `colour`"),
        (r#"{"industry":"banking"}"#, "has no option `banking`"),
        (r#"{"site_area_sqm":-1}"#, "not below 0"),
        (r#"{"approval_route":"filing"}"#, "follows from other answers"),
        (r#"{"industry":{}}"#, "expected true or false"),
        ("[]", "expected a JSON object"),
    ] {
        std::fs::write(&file, answers).unwrap();
        let output = quanlian(&["guide", "--answers", file.to_str().unwrap(), "--json"]);
        assert_eq!(output.status.code(), Some(1), "{answers}");
        assert!(err(&output).contains(words), "{answers}: {}", err(&output));
        assert_eq!(out(&output), "");
    }
}

#[test]
fn an_operator_enters_staff_loads_the_case_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("q.db").display());
    let with = |arguments: &[&str]| quanlian(&[&["--database", &database], arguments].concat());
    let add = [
        "account",
        "add",
        "--no-password",
        "--login",
        "chen",
        "--name",
        "陈立",
        "--role",
        "lead-officer",
        "--organisation",
        "全链办",
        "--area",
        "狮山",
    ];
    assert!(with(&add).status.success());
    let again = with(&add);
    assert!(err(&again).contains("the login `chen` is taken"), "{}", err(&again));
    let boss = ["account", "add", "--no-password", "--login", "b", "--name", "b", "--role", "boss", "--organisation", "x"];
    assert!(err(&with(&boss)).contains("there is no role `boss`"));
    let case = Path::new(&catalogue()).join("case-shishan.yaml");
    let loaded = with(&["load-case", case.to_str().unwrap()]);
    assert!(out(&loaded).starts_with("/projects/"), "{}", err(&loaded));
    let verified = with(&["verify"]);
    assert!(out(&verified).starts_with("the log holds: "), "{}", err(&verified));
    assert!(with(&["rebuild"]).status.success());
}

#[test]
fn an_operator_seals_what_is_from_before_and_does_not_go_on_without_the_keys() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("q.db").display());
    let with = |arguments: &[&str]| quanlian(&[&["--database", &database], arguments].concat());
    let mut adding = Command::new(env!("CARGO_BIN_EXE_quanlian"))
        .args([
            "--database",
            &database,
            "account",
            "add",
            "--login",
            "wang",
            "--name",
            "王",
            "--role",
            "enterprise",
            "--organisation",
            "新芯",
        ])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    adding.stdin.take().unwrap().write_all("correct horse\n".as_bytes()).unwrap();
    assert!(adding.wait().unwrap().success());
    // What a release before left in the folder of documents: one that holds, and one that does not.
    let left = |bytes: &[u8], stored: &[u8]| {
        let digest = domain::log::Digest::of(bytes).to_string();
        let place = folder.path().join("documents").join(&digest[..2]).join(&digest[2..4]);
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join(&digest), stored).unwrap();
        place.join(&digest)
    };
    let good = left(b"%PDF-1.7 one", b"%PDF-1.7 one");
    let bad = left(b"%PDF-1.7 two", b"%PDF-1.7 changed");
    let sealed = with(&["key", "seal-stored"]);
    assert_eq!(out(&sealed), "sealed: 1 contents (0 MB), 0 password hashes, 0 rows of sheets\n");
    assert!(err(&sealed).contains("were not sealed: run `quanlian verify`") && !sealed.status.success(), "{}", err(&sealed));
    assert!(!good.exists() && bad.exists());
    std::fs::remove_file(bad).unwrap();
    let again = with(&["key", "seal-stored"]);
    assert_eq!(out(&again), "sealed: 0 contents (0 MB), 0 password hashes, 0 rows of sheets\n");
    assert!(again.status.success());
    // A backup that was put back without its keys: new ones are of no use, and nothing goes on with them.
    let (keys, away) = (folder.path().join("keys"), folder.path().join("keys.away"));
    std::fs::rename(&keys, &away).unwrap();
    let without = with(&["verify"]);
    assert!(err(&without).contains("put the folder back from its backup") && !without.status.success(), "{}", err(&without));
    std::fs::remove_dir_all(&keys).unwrap();
    std::fs::rename(&away, &keys).unwrap();
    assert!(with(&["verify"]).status.success());
}

#[test]
fn what_keeps_the_server_from_starting_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = quanlian(&["serve", "--listen", &address]);
    assert!(err(&output).contains(&format!("cannot listen on {address}")), "{}", err(&output));
    let output = quanlian(&["--database", "postgres://nobody:secret@127.0.0.1:1/none", "verify"]);
    assert!(err(&output).contains("cannot open the database postgres://…@127.0.0.1:1/none"), "{}", err(&output));
    assert!(!err(&output).contains("secret"));
    let output = quanlian(&["--database", "mysql://x", "verify"]);
    assert!(err(&output).contains("neither sqlite:FILE nor postgres://"));
}

#[test]
fn a_catalogue_read_again_with_mistakes_is_told_and_the_old_one_stays() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let folder = catalogue_copy();
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("manifest.json"), r#"{"program":"p","style":"s","preload":{}}"#).unwrap();
    let database = format!("sqlite:{}", data.path().join("q.db").display());
    let mut server = Command::new(env!("CARGO_BIN_EXE_quanlian"))
        .args(["serve", "--listen", "127.0.0.1:0", "--database", &database, "--catalogue", folder.path().to_str().unwrap()])
        .args(["--site", data.path().to_str().unwrap()])
        .envs([("LANG", "C"), ("NO_COLOR", "1"), ("RUST_LOG", "info")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(server.stdout.take().unwrap()).lines();
    let address = said.next().unwrap().unwrap().split("http://").nth(1).unwrap().split(' ').next().unwrap().to_string();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines().map_while(Result::ok);
    let hang_up = || assert!(Command::new("kill").args(["-HUP", &server.id().to_string()]).status().unwrap().success());
    let edition = || {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        write!(stream, "GET / HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        page.split("data-catalogue=\"").nth(1).unwrap().split('"').next().unwrap().to_string()
    };
    let first = edition();
    edit(folder.path(), "catalogue.yaml", "department: natural-resources", "department: natural-resource");
    hang_up();
    let mistake = log.find(|line| line.contains("natural-resource")).unwrap();
    assert!(mistake.contains("catalogue.yaml:"), "{mistake}");
    assert!(log.find(|line| line.contains("the old one stays")).is_some());
    assert_eq!(edition(), first);
    edit(folder.path(), "catalogue.yaml", "department: natural-resource\n", "department: natural-resources\n");
    edit(folder.path(), "catalogue.yaml", "name_en: Construction permit\n", "name_en: Works permit\n");
    hang_up();
    assert!(log.find(|line| line.contains("read again")).is_some());
    assert_ne!(edition(), first);
    server.kill().unwrap();
    server.wait().unwrap();
}

/// `quanlian plan` on a file of answers and others.
fn plan(files: &[(&str, &str)], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        std::fs::write(folder.path().join(name), contents).unwrap();
    }
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let arguments: Vec<String> =
        arguments.iter().map(|a| if files.iter().any(|(name, _)| name == a) { path(a) } else { a.to_string() }).collect();
    let arguments: Vec<&str> = ["plan", "--json"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
    quanlian(&arguments)
}

const FACTORY: (&str, &str) = ("answers", r#"{"site_area_sqm": 20000, "gross_floor_area_sqm": 30000, "total_investment_10k": 20000}"#);

#[test]
fn a_plan_prints_what_programs_need() {
    let output = plan(&[FACTORY], &["--answers", "answers", "--start", "2023-03-01", "--finish", "production=2030-12-31"]);
    assert!(output.status.success(), "{}", err(&output));
    let plan: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!((plan["feasible"].as_bool(), plan["short_by_workdays"].as_i64()), (Some(true), Some(0)));
    assert_eq!(plan["milestones"]["production"]["target"], "2030-12-31");
    let tasks = plan["tasks"].as_array().unwrap();
    for field in ["id", "matter", "kind", "duration", "unit", "predecessors", "earliest_start", "earliest_finish", "latest_start"] {
        assert!(tasks.iter().all(|t| t.get(field).is_some()), "{field}");
    }
    let permit = tasks.iter().find(|t| t["id"] == "construction-permit/decision").unwrap();
    assert!(
        permit["predecessors"]
            .as_array()
            .unwrap()
            .iter()
            .any(|p| p["id"] == "construction-permit/pre-review" && p["type"] == "finish-to-start")
    );
    let late = self::plan(&[FACTORY], &["--answers", "answers", "--start", "2023-03-01", "--finish", "land-obtained=2023-04-03"]);
    let late: Value = serde_json::from_str(&out(&late)).unwrap();
    // By hand (domain/tests/profiles.rs): obtained on working day 59, and 3 April 2023 is working day 24.
    assert_eq!((late["feasible"].as_bool(), late["short_by_workdays"].as_i64()), (Some(false), Some(35)));
    assert!(late["critical_path"].as_array().unwrap().iter().any(|t| t == "land-listing/decision"));
}

#[test]
fn facts_simulation_and_edited_files_of_a_plan() {
    let done = (
        "done",
        r#"{"as_of": "2023-04-03", "siting-compliance-check": "2023-03-07", "industry-access-review": {"started": "2023-03-06"}}"#,
    );
    let output = plan(&[FACTORY, done], &["--answers", "answers", "--done", "done", "--simulate", "500", "--seed", "7"]);
    assert!(output.status.success(), "{}", err(&output));
    let again = plan(&[FACTORY, done], &["--answers", "answers", "--done", "done", "--simulate", "500", "--seed", "7"]);
    assert_eq!(out(&output), out(&again), "reproducible from the seed");
    let plan_of: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(plan_of["start"], "2023-04-03");
    assert_eq!(plan_of["probability"]["runs"], 500);
    for (file, arguments, words) in [
        (
            ("edited", r#"{"investment-agreement-signing/preparation": {"days": 3, "after": ["production-start/decision"]}}"#),
            ["--durations", "edited"],
            "goes round in a circle",
        ),
        (("edited", r#"{"works-foundation": -1}"#), ["--durations", "edited"], "works-foundation: Days are between 0 and"),
        (("edited", r#"{"no-such-task": 4}"#), ["--durations", "edited"], "This project has no task `no-such-task`"),
        (("edited", r#"{"works-foundation": "long"}"#), ["--durations", "edited"], "expected an object from task to days"),
        (("edited", r#"{"as_of": "2023-04-03", "project-filing": "2023-05-03"}"#), ["--done", "edited"], "it has not happened yet"),
        (("edited", r#"{"as_of": "2023-02-30"}"#), ["--done", "edited"], "expected an object from matter or task"),
    ] {
        let output = plan(&[FACTORY, file], &["--answers", "answers", "--start", "2023-03-01", arguments[0], arguments[1]]);
        assert!(!output.status.success() && out(&output).is_empty(), "{words}: {}", out(&output));
        assert!(err(&output).contains(words), "{words}: {}", err(&output));
    }
    for (arguments, words) in [
        (vec!["--finish", "moon=2024-01-01"], "has no milestone `moon`"),
        (vec!["--finish", "production"], "expected MILESTONE=DATE"),
        (vec!["--start", "2023-02-29"], "is not a day that exists"),
    ] {
        let arguments: Vec<&str> = ["--answers", "answers"].into_iter().chain(arguments).collect();
        assert!(err(&plan(&[FACTORY], &arguments)).contains(words), "{words}");
    }
}

#[test]
fn an_operator_gives_out_tokens_and_reads_what_is_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("q.db").display());
    let with = |arguments: &[&str]| quanlian(&[&["--database", &database], arguments].concat());
    let add = ["account", "add", "--no-password", "--login", "li", "--name", "李静", "--role", "agent", "--organisation", "全链办"];
    assert!(with(&add).status.success());
    let made = with(&["account", "token", "--login", "li", "--name", "报表", "--scope", "read,sheet"]);
    assert!(out(&made).starts_with("qlt_"), "{}", err(&made));
    assert!(err(&with(&["account", "token", "--login", "li", "--scope", "everything"])).contains("read, sheet, documents, record"));
    let listed = out(&with(&["account", "tokens", "--login", "li"]));
    assert!(listed.contains("报表") && listed.contains("read,sheet") && !listed.contains(out(&made).trim()), "{listed}");
    assert!(with(&["account", "revoke", "--login", "li", "--token", out(&made).trim()]).status.success());
    assert_eq!(out(&with(&["account", "tokens", "--login", "li"])), "");
    assert!(with(&["account", "disable", "--login", "li"]).status.success());
    assert!(out(&with(&["account", "list"])).contains("li\tagent\t-\tdisabled "));
    assert!(with(&["account", "enable", "--login", "li"]).status.success());
    assert!(err(&with(&["account", "disable", "--login", "nobody"])).contains("there is no login `nobody`"));
    let exported = out(&with(&["audit", "export"]));
    let lines: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["account_added", "token_made", "token_revoked", "account_disabled", "account_enabled"]);
    assert!(err(&with(&["audit", "forget", "--before", "2999-01-01"])).contains("at least 366 days"));
}
