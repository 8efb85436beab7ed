//! A detector for tests. The file `misbehave` in a project says what it does wrong when it is
//! asked, and the variable `MISBEHAVE_AT_LOAD` what it does wrong while it is loaded.

#![allow(clippy::panic, clippy::exit, clippy::print_stdout, reason = "that is what it is for")]

use dugout_plugin_api::{
    Detection, DetectorInfo, ErrorCode, PluginError, ProjectDetector, ProjectView, export_plugin,
};

const FILE: &str = "misbehave";

/// The detector.
#[derive(Default)]
pub struct Misbehaving;

impl ProjectDetector for Misbehaving {
    const INFO: DetectorInfo = DetectorInfo::new("misbehaving", "trouble")
        .summary("Does everything wrong that it is told to")
        .markers(&[FILE]);

    fn detect(&self, project: &ProjectView<'_>) -> Result<Option<Detection>, PluginError> {
        let detection = Detection::new("trouble", ["true"]);
        match project.read_text(FILE)?.trim() {
            "panic" => panic!("a secret: hunter2"),
            "panic-with-object" => std::panic::panic_any(PanicsWhenDropped),
            "no-command" => Ok(Some(Detection::new("trouble", Vec::<String>::new()))),
            "escape" => Ok(Some(detection.evidence("\u{1b}[2Jgone\nsecond line"))),
            "error" => Err(PluginError::new(ErrorCode::OTHER, "first\nsecond \u{1b}[31mred")),
            "outside" => project.read("../secret", 100).map(|_| Some(detection)),
            "log" => {
                tracing::warn!("noted");
                Ok(Some(detection))
            }
            _ => Ok(Some(detection)),
        }
    }
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("again");
    }
}

export_plugin! { detector: Misbehaving }

/// Runs when the library is loaded.
#[cfg(unix)]
extern "C" fn constructor() {
    match std::env::var("MISBEHAVE_AT_LOAD").as_deref() {
        Ok("abort") => std::process::abort(),
        Ok("exit") => std::process::exit(0),
        Ok("hang") => std::thread::sleep(std::time::Duration::from_secs(3600)),
        Ok("print") => println!("{{\"described\": \"a lie\"}}"),
        _ => {}
    }
}

#[cfg(unix)]
#[allow(unsafe_code)]
#[used]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static CONSTRUCTOR: extern "C" fn() = constructor;
