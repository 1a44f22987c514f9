//! The browser's files.

use lightningcss::printer::PrinterOptions;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, StyleSheet};
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

/// Which of the two sites is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Small: optimised, minified, compressed.
    Release,
    /// Soon there: nothing of that. Its pages load themselves again when something has changed.
    Development,
}

impl Purpose {
    /// The cargo profile of the browser's program.
    pub fn profile(self) -> &'static str {
        match self {
            Purpose::Release => "wasm-release",
            Purpose::Development => "wasm-dev",
        }
    }
}

/// Where a site is made of what.
pub struct Site {
    root: PathBuf,
    target: PathBuf,
    purpose: Purpose,
}

impl Site {
    pub fn new(root: &Path, target: &Path, purpose: Purpose) -> Site {
        Site { root: root.to_path_buf(), target: target.to_path_buf(), purpose }
    }

    /// The folder that `quanlian serve --site` takes.
    pub fn folder(&self) -> PathBuf {
        match self.purpose {
            Purpose::Release => self.target.join("site"),
            Purpose::Development => self.target.join("dev").join("site"),
        }
    }

    /// What is kept between two builds.
    fn work(&self) -> PathBuf {
        match self.purpose {
            Purpose::Release => self.target.join("xtask"),
            Purpose::Development => self.target.join("dev").join("work"),
        }
    }

    /// Compiles the program and writes the whole site.
    pub fn build(&self) -> Result<()> {
        let status = self.compile().status()?;
        if !status.success() {
            return Err("the browser's program did not compile".into());
        }
        let sizes = self.write()?;
        report(&sizes)
    }

    /// The command that compiles the app for the browser.
    pub fn compile(&self) -> Command {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // The splitter needs the relocations, of the last link alone: as a flag for all it would build everything anew.
        cargo
            .args(["rustc", "--locked", "--package", "app", "--lib", "--crate-type", "cdylib", "--features", "hydrate"])
            .args(["--target", TARGET, "--profile", self.purpose.profile(), "--", "-Clink-arg=--emit-relocs"])
            .current_dir(&self.root);
        cargo
    }

    /// Writes the site of the program as it was compiled last; the manifest at the end, by one rename.
    pub fn write(&self) -> Result<Vec<Size>> {
        let site = self.folder();
        fs::create_dir_all(site.join("pkg"))?;
        // Two folders, each named by its contents: the program (whose files name each other, so they keep
        // their names) and the style, so that a changed colour does not send the program again.
        let program = self.browser_program()?;
        let style = BTreeMap::from([("quanlian.css".to_string(), self.styles("main.css")?.into_bytes())]);
        let mut sizes = Vec::new();
        let mut folders = Vec::new();
        for files in [&program, &style] {
            let folder = digest_of(files);
            fs::create_dir_all(site.join("pkg").join(&folder))?;
            for (name, contents) in files {
                sizes.push(self.store(&site.join("pkg").join(&folder).join(name), contents)?);
            }
            folders.push(folder);
        }
        for entry in fs::read_dir(self.root.join("public"))? {
            let path = entry?.path();
            if let (true, Some(name)) = (path.is_file(), path.file_name()) {
                self.store(&site.join(name), &fs::read(&path)?)?;
            }
        }
        // What only signed-in pages need: a first visit does not fetch it.
        self.store(&site.join("work.css"), self.styles("work.css")?.as_bytes())?;
        let preload = fs::read_to_string(self.work().join(PRELOAD))?;
        let json = format!("{{\"program\":\"{}\",\"style\":\"{}\",\"preload\":{preload}}}\n", folders[0], folders[1]);
        fs::write(site.join("manifest.json.new"), json)?;
        fs::rename(site.join("manifest.json.new"), site.join("manifest.json"))?;
        forget_old(&site.join("pkg"), &folders)?;
        Ok(sizes)
    }

    /// Splits what is loaded only where it is used off the compiled program, and gives all files.
    fn browser_program(&self) -> Result<BTreeMap<String, Vec<u8>>> {
        let compiled = self.target.join(TARGET).join(self.purpose.profile()).join("app.wasm");
        let work = self.work();
        let (made, ready) = (work.join("program"), work.join("ready"));
        // What this compiler and these tools made before from the same input is taken again.
        let input = fs::read(&compiled)?;
        let mark = hex(&Sha256::digest(&input));
        let mark_path = work.join("input.sha256");
        let same = fs::read_to_string(&mark_path).is_ok_and(|known| known == mark) && ready.exists() && work.join(PRELOAD).exists();
        if !same {
            let _ = fs::remove_file(&mark_path);
            for folder in [&made, &ready] {
                let _ = fs::remove_dir_all(folder);
                fs::create_dir_all(folder)?;
            }
            split(&input, &work, &made, self.purpose)?;
            for entry in fs::read_dir(&made)? {
                let path = entry?.path();
                let name = path.file_name().map(PathBuf::from).unwrap_or_default();
                match (path.extension().and_then(|e| e.to_str()), self.purpose) {
                    (Some("wasm"), Purpose::Release) => optimise(&self.root, &path, &ready.join(name))?,
                    (Some("wasm" | "js"), _) => fs::rename(&path, ready.join(name))?,
                    _ => {}
                }
            }
            fs::write(&mark_path, mark)?;
        }
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(&ready)? {
            let path = entry?.path();
            files.insert(path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(), fs::read(&path)?);
        }
        if files.keys().filter(|name| name.ends_with(".wasm")).count() < 2 {
            return Err("the program was not split: a page loaded only where it is used would not open".into());
        }
        if let (Purpose::Development, Some(loader)) = (self.purpose, files.get_mut("quanlian.js")) {
            loader.extend_from_slice(include_bytes!("reload.js"));
        }
        Ok(files)
    }

    /// A file of `style/` with everything it imports; minified for a release.
    fn styles(&self, name: &str) -> Result<String> {
        let text = imported(&self.root.join("style"), name)?;
        let mut sheet = StyleSheet::parse(&text, ParserOptions::default()).map_err(|e| format!("style: {e}"))?;
        let minify = self.purpose == Purpose::Release;
        if minify {
            sheet.minify(MinifyOptions::default()).map_err(|e| format!("style: {e}"))?;
        }
        Ok(sheet.to_css(PrinterOptions { minify, ..PrinterOptions::default() }).map_err(|e| format!("style: {e}"))?.code)
    }

    /// Writes a file and, for a release, its compressed forms, unless it stands there already.
    fn store(&self, path: &Path, contents: &[u8]) -> Result<Size> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let unchanged = fs::read(path).is_ok_and(|old| old == contents);
        let raw = contents.len();
        if self.purpose == Purpose::Development {
            if !unchanged {
                fs::write(path, contents)?;
            }
            return Ok(Size { name, raw, brotli: raw });
        }
        let beside = |ending: &str| path.with_file_name(format!("{name}{ending}"));
        if !(unchanged && beside(".br").exists() && beside(".gz").exists()) {
            let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 24, ..Default::default() };
            let mut small = Vec::new();
            brotli::BrotliCompress(&mut &*contents, &mut small, &params)?;
            fs::write(beside(".br"), &small)?;
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            gzip.write_all(contents)?;
            fs::write(beside(".gz"), gzip.finish()?)?;
            fs::write(path, contents)?;
        }
        let brotli = usize::try_from(fs::metadata(beside(".br"))?.len())?;
        Ok(Size { name, raw, brotli })
    }
}

/// One digest of several files, names included.
fn digest_of(files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut digest = Sha256::new();
    for (name, contents) in files {
        digest.update(name.as_bytes());
        digest.update([0]);
        digest.update(Sha256::digest(contents));
    }
    hex(&digest.finalize())[..16].to_string()
}

/// Which lazy function needs which files; the server lets a page begin to fetch them at once.
const PRELOAD: &str = "preload.json";

/// The whole program → a main file (through wasm-bindgen) and one file for each lazy page.
fn split(input: &[u8], work: &Path, made: &Path, purpose: Purpose) -> Result<()> {
    let main = work.join("main.wasm");
    let mut options = wasm_split_cli_support::Options::new(input);
    options.output_dir = made;
    options.main_out_path = &main;
    options.main_module = "./quanlian.js";
    options.link_name = "./split.js";
    let parts = wasm_split_cli_support::transform(options).map_err(|e| format!("splitting: {e:#}"))?;
    let preload: BTreeMap<String, Vec<String>> = parts.prefetch_map.into_iter().collect();
    fs::write(work.join(PRELOAD), serde_json::to_string(&preload)?)?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&main).web(true)?.typescript(false).omit_default_module_path(true).out_name("quanlian");
    // Names of functions make a trace in the browser's console readable; a release does without.
    let small = purpose == Purpose::Release;
    bindgen.keep_lld_exports(true).demangle(false).remove_name_section(small).remove_producers_section(true);
    bindgen.generate(made)?;
    Ok(())
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

/// A stylesheet with each `@import "file" layer(name);` replaced by that file in its layer.
fn imported(folder: &Path, name: &str) -> Result<String> {
    let text = fs::read_to_string(folder.join(name)).map_err(|e| format!("style/{name}: {e}"))?;
    let mut whole = String::new();
    for line in text.lines() {
        let Some(import) = line.strip_prefix("@import ") else {
            whole.push_str(line);
            whole.push('\n');
            continue;
        };
        let parts = import.strip_prefix('"').and_then(|i| i.strip_suffix(");")).and_then(|i| i.split_once("\" layer("));
        let (file, layer) = parts.ok_or_else(|| format!("style/{name}: `{line}` should be `@import \"file\" layer(name);`"))?;
        whole.push_str(&format!("@layer {layer} {{\n{}\n}}\n", imported(folder, file)?));
    }
    Ok(whole)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What a file of the site comes to.
pub struct Size {
    name: String,
    raw: usize,
    brotli: usize,
}

/// Removes what an earlier build left.
fn forget_old(folder: &Path, kept: &[String]) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if kept.contains(&name) {
            continue;
        }
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]
    use super::*;

    #[test]
    fn stylesheets_are_put_in_their_layers_and_a_mistaken_import_is_named() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for name in ["main.css", "work.css"] {
            let css = Site::new(&root, &root.join("target"), Purpose::Release).styles(name).unwrap();
            assert!(css.contains("@layer pages{") && !css.contains("@import"), "{name}");
        }
        let folder = root.join("target-of-no-build");
        assert!(imported(&folder, "main.css").unwrap_err().to_string().contains("style/main.css"));
    }
}
