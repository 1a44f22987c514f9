//! The browser's files.

use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::printer::PrinterOptions;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm-release";

pub fn build() -> Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let site = target.join("site");
    fs::create_dir_all(site.join("pkg"))?;

    let (js, wasm) = browser_program(&root, &target)?;
    let css = styles(&root)?;
    let mut names = BTreeMap::new();
    let mut sizes = Vec::new();
    // The program's loader names its wasm file; the page passes the hashed name itself.
    for (kind, ending, contents) in [("wasm", "wasm", wasm), ("js", "js", js.into_bytes()), ("css", "css", css.into_bytes())] {
        let hash = &hex(&Sha256::digest(&contents))[..12];
        let name = format!("quanlian.{hash}.{ending}");
        sizes.push(store(&site.join("pkg").join(&name), &contents)?);
        names.insert(kind, name);
    }
    for entry in fs::read_dir(root.join("public"))? {
        let path = entry?.path();
        if let (true, Some(name)) = (path.is_file(), path.file_name()) {
            store(&site.join(name), &fs::read(&path)?)?;
        }
    }
    let json = format!("{{\"css\":\"{}\",\"js\":\"{}\",\"wasm\":\"{}\"}}\n", names["css"], names["js"], names["wasm"]);
    fs::write(site.join("manifest.json.new"), json)?;
    fs::rename(site.join("manifest.json.new"), site.join("manifest.json"))?;
    forget_old(&site.join("pkg"), &names)?;
    report(&sizes)
}

/// Compiles the app for the browser; gives its loader and its wasm.
fn browser_program(root: &Path, target: &Path) -> Result<(String, Vec<u8>)> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--package", "app", "--lib", "--features", "hydrate", "--target", TARGET, "--profile", PROFILE])
        .current_dir(root)
        .status()?;
    if !status.success() {
        return Err("the browser's program did not compile".into());
    }
    let compiled = target.join(TARGET).join(PROFILE).join("app.wasm");
    let work = target.join("xtask");
    fs::create_dir_all(&work)?;
    // What this compiler and these tools made before from the same input is taken again.
    let input = fs::read(&compiled)?;
    let mark = hex(&Sha256::digest(&input));
    let (js_path, wasm_path, mark_path) = (work.join("quanlian.js"), work.join("quanlian.opt.wasm"), work.join("input.sha256"));
    let same = fs::read_to_string(&mark_path).is_ok_and(|known| known == mark);
    if !same || !js_path.exists() || !wasm_path.exists() {
        let _ = fs::remove_file(&mark_path);
        let mut bindgen = Bindgen::new();
        bindgen.input_path(&compiled).web(true)?.typescript(false).omit_default_module_path(true).out_name("quanlian");
        bindgen.remove_name_section(true).remove_producers_section(true);
        bindgen.generate(&work)?;
        optimise(root, &work.join("quanlian_bg.wasm"), &wasm_path)?;
        fs::write(&mark_path, mark)?;
    }
    Ok((fs::read_to_string(js_path)?, fs::read(wasm_path)?))
}

/// wasm-opt from npm's binaryen; without it the file works too, only larger.
#[expect(clippy::print_stderr, reason = "a build tool talks to the terminal")]
fn optimise(root: &Path, from: &Path, to: &Path) -> Result<()> {
    let tool = root.join("end2end/node_modules/binaryen/bin/wasm-opt");
    if tool.exists() {
        let features = [
            "--enable-bulk-memory",
            "--enable-nontrapping-float-to-int",
            "--enable-sign-ext",
            "--enable-mutable-globals",
            "--enable-reference-types",
            "--enable-multivalue",
        ];
        let status = Command::new("node").arg(&tool).arg("-Oz").args(features).arg(from).arg("-o").arg(to).status();
        match status {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => eprintln!("xtask: warning: wasm-opt ended with {status}; going on without it"),
            Err(error) => eprintln!("xtask: warning: wasm-opt did not start ({error}); going on without it"),
        }
    } else {
        eprintln!("xtask: warning: no wasm-opt (npm ci in end2end/ brings it); the browser's program will be larger");
    }
    fs::copy(from, to)?;
    Ok(())
}

/// `style/main.css` with everything it imports, minified.
fn styles(root: &Path) -> Result<String> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(&root.join("style/main.css")).map_err(|e| format!("style: {e}"))?;
    sheet.minify(MinifyOptions::default()).map_err(|e| format!("style: {e}"))?;
    Ok(sheet.to_css(PrinterOptions { minify: true, ..PrinterOptions::default() }).map_err(|e| format!("style: {e}"))?.code)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

struct Size {
    name: String,
    raw: usize,
    brotli: usize,
}

/// Writes a file and its compressed forms, unless it stands there already.
fn store(path: &Path, contents: &[u8]) -> Result<Size> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = |ending: &str| path.with_file_name(format!("{name}{ending}"));
    let known = fs::read(path).is_ok_and(|old| old == contents) && beside(".br").exists() && beside(".gz").exists();
    if !known {
        let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
        let mut small = Vec::new();
        brotli::BrotliCompress(&mut &*contents, &mut small, &params)?;
        fs::write(beside(".br"), &small)?;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(contents)?;
        fs::write(beside(".gz"), gzip.finish()?)?;
        fs::write(path, contents)?;
    }
    let brotli = usize::try_from(fs::metadata(beside(".br"))?.len())?;
    Ok(Size { name, raw: contents.len(), brotli })
}

/// Removes what an earlier build left.
fn forget_old(folder: &Path, names: &BTreeMap<&str, String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if !names.values().any(|kept| name.starts_with(kept.as_str())) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a build tool talks to the terminal")]
fn report(sizes: &[Size]) -> Result<()> {
    println!("what the browser gets          raw KB  brotli KB");
    for size in sizes {
        println!("{:<28} {:>8.1} {:>10.1}", size.name, size.raw as f64 / 1024.0, size.brotli as f64 / 1024.0);
    }
    let (raw, brotli) = sizes.iter().fold((0, 0), |(r, b), s| (r + s.raw, b + s.brotli));
    println!("{:<28} {:>8.1} {:>10.1}", "in all", raw as f64 / 1024.0, brotli as f64 / 1024.0);
    Ok(())
}
