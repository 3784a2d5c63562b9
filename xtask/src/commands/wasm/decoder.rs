//! The module of the token decoder: `symbolon-decoder` built for browsers, bound to JavaScript, and
//! packed into one file that the server serves.
//!
//! The file is in the tree, because not every machine that builds the server has a compiler for wasm.
//! Compilers differ, so it cannot be held to the byte; what it was built from can. The one thing that
//! must not be broken: a change of what the module is built from fails until the module is built anew.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use wasm_bindgen_cli_support::Bindgen;
use zopfli::{Format, Options};

use super::{BROWSER, Toolchain, cannot, inputs};
use crate::{
    needs,
    step::{Outcome, Tally, succeeds},
    workspace,
};

/// Where the server embeds it from.
const FOLDER: &str = "crates/server/assets/decoder";
const MODULE: &str = "module.js.gz";
/// What it was built from, and what came out.
const RECORD: &str = "module.toml";

/// Binaryen's optimiser, from npm, so that it is of one version everywhere: older ones break tables of
/// references. Without it the module is larger and just as good.
const OPTIMISER: &str = "xtask/wasm-opt";
/// What compiled Rust uses, and every browser with `DecompressionStream` has.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// `module.load()` makes the module ready, without a connection: the policy of its page allows none.
const LOADER: &str = r#"
export async function load() {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  await __wbg_init({ module_or_path: await new Response(stream).arrayBuffer() });
}
"#;

/// Builds the module and puts it into the tree.
pub(super) fn write() -> Outcome {
    let toolchain = match Toolchain::find() {
        Ok(toolchain) => toolchain,
        Err(why) => return cannot(why),
    };
    let written = inputs::hash().and_then(|inputs| {
        let built = build(&toolchain)?;
        let folder = workspace::root().join(FOLDER);
        put(&folder.join(MODULE), &built.packed)?;
        put(&folder.join(RECORD), record(&inputs, &built).as_bytes())?;
        println!(
            "{FOLDER}/{MODULE}: {} bytes of wasm, {} bytes sent",
            built.wasm_bytes,
            built.packed.len()
        );
        Ok(())
    });
    match written {
        Ok(()) => Outcome::Passed(Tally::default()),
        Err(why) => Outcome::failed(why),
    }
}

/// Whether the tree's module is of the tree's source, and whether what that source gives works.
pub(super) fn check() -> Outcome {
    if let Err(why) = is_current() {
        return Outcome::failed(why);
    }
    let toolchain = match Toolchain::find() {
        Ok(toolchain) => toolchain,
        Err(why) => return cannot(why),
    };
    if let Err(why) = build(&toolchain) {
        return Outcome::failed(why);
    }
    if !needs::on_path("node") {
        return cannot("the decoder is tried in Node: install it (Debian package nodejs)".into());
    }
    // The one just built, and the one that is served.
    let served = workspace::root().join(FOLDER).join(MODULE);
    for module in [unpacked(), served] {
        let mut node = Command::new("node");
        node.current_dir(workspace::root())
            .arg("xtask/decoder.mjs")
            .arg(module);
        if let failed @ Outcome::Failed(..) = succeeds(&mut node) {
            return failed;
        }
    }
    Outcome::Passed(Tally {
        passed: 2,
        ..Tally::default()
    })
}

/// Says what to do if the module is of an older source.
fn is_current() -> Result<(), String> {
    let record = workspace::root().join(FOLDER).join(RECORD);
    let text = fs::read_to_string(&record).unwrap_or_default();
    let record: toml::Table = toml::from_str(&text).map_err(|error| error.to_string())?;
    let built_from = record.get("inputs").and_then(toml::Value::as_str);
    if built_from == Some(&inputs::hash()?) {
        return Ok(());
    }
    Err(format!(
        "{FOLDER}/{MODULE} was built from another source than the tree's: run `cargo xtask wasm`, \
         and commit what it writes"
    ))
}

struct Built {
    wasm_bytes: usize,
    packed: Vec<u8>,
}

fn build(toolchain: &Toolchain) -> Result<Built, String> {
    println!("{toolchain}");
    // As the one kind of library that it is: with others beside it nothing is optimised across crates.
    let mut cargo = toolchain.cargo_for_size("rustc");
    cargo
        .args(["--locked", "--package", "symbolon-decoder"])
        .args(["--lib", "--crate-type", "cdylib"]);
    if let Outcome::Failed(why, _) = succeeds(&mut cargo) {
        return Err(why);
    }
    let built = workspace::root()
        .join("target/wasm")
        .join(BROWSER)
        .join("release/symbolon_decoder.wasm");
    let (bindings, wasm) = bind(&built)?;
    let wasm = optimised(wasm)?;
    let encoded = base64(&gzip(&wasm)?);
    let module = format!("{bindings}\nconst packed = \"{encoded}\";{LOADER}");
    put(&unpacked(), module.as_bytes())?;
    Ok(Built {
        wasm_bytes: wasm.len(),
        packed: gzip(module.as_bytes())?,
    })
}

/// The module as Node can read it.
fn unpacked() -> PathBuf {
    workspace::root().join("target/wasm/decoder.mjs")
}

/// The module for the web, and the JavaScript around it.
fn bind(wasm: &Path) -> Result<(String, Vec<u8>), String> {
    let mut bindgen = Bindgen::new();
    let output = bindgen.web(true).and_then(|bindgen| {
        bindgen
            .input_path(wasm)
            .typescript(false)
            .omit_default_module_path(true)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate_output()
    });
    let mut output = output.map_err(|error| format!("wasm-bindgen: {error:#}"))?;
    let bindings = output.js().to_owned();
    Ok((bindings, output.wasm_mut().emit_wasm()))
}

/// The same module, smaller where the optimiser can be had.
fn optimised(wasm: Vec<u8>) -> Result<Vec<u8>, String> {
    let optimiser = match optimiser() {
        Ok(optimiser) => optimiser,
        Err(why) => {
            println!("the module stays larger: {why}");
            return Ok(wasm);
        }
    };
    let folder = workspace::root().join("target/wasm");
    let [bound, small] = ["bound.wasm", "small.wasm"].map(|name| folder.join(name));
    put(&bound, &wasm)?;
    let mut command = Command::new("node");
    command.arg(optimiser).arg("-Oz").args(FEATURES);
    command.arg(&bound).arg("-o").arg(&small);
    match succeeds(&mut command) {
        Outcome::Failed(why, _) => Err(why),
        _ => fs::read(&small).map_err(|error| format!("{}: {error}", small.display())),
    }
}

/// Where `wasm-opt` is, once it is installed.
fn optimiser() -> Result<PathBuf, String> {
    for program in ["node", "npm"] {
        if !needs::on_path(program) {
            return Err(format!("there is no {program}"));
        }
    }
    let folder = workspace::root().join("target/wasm/wasm-opt");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for file in ["package.json", "package-lock.json"] {
        let from = workspace::root().join(OPTIMISER).join(file);
        fs::copy(&from, folder.join(file))
            .map_err(|error| format!("{}: {error}", from.display()))?;
    }
    let mut npm = Command::new("npm");
    npm.current_dir(&folder)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    match succeeds(&mut npm) {
        Outcome::Failed(why, _) => Err(why),
        _ => Ok(folder.join("node_modules/binaryen/bin/wasm-opt")),
    }
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut packed = Vec::new();
    zopfli::compress(Options::default(), Format::Gzip, bytes, &mut packed)
        .map_err(|error| format!("gzip: {error}"))?;
    Ok(packed)
}

fn base64(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

fn record(inputs: &str, built: &Built) -> String {
    format!(
        "# Written by `cargo xtask wasm` together with {MODULE}.\n\
         inputs = \"{inputs}\"\n\
         wasm_bytes = {}\n\
         sent_bytes = {}\n",
        built.wasm_bytes,
        built.packed.len()
    )
}

fn put(path: &Path, content: &[u8]) -> Result<(), String> {
    fs::write(path, content).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Also where no compiler for wasm can be had.
    #[test]
    fn the_module_in_the_tree_is_of_the_source_in_the_tree() {
        assert_eq!(is_current(), Ok(()));
    }
}
