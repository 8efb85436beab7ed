//! A look at a library before it is opened.
//!
//! Opening runs the library's constructors, and a file that ends before its segments do kills the
//! process with SIGBUS. So its headers are read first, with a parser that only reads.

use dugout_plugin_api::abi::ROOT_SYMBOL_PREFIX;
use object::{Architecture, File, NameOrOrdinal, Object, ObjectKind, ObjectSegment, ReadRef};

/// Checks a library of so many bytes, and gives the symbol of its root.
///
/// # Errors
/// One line that says what is wrong.
pub(super) fn check<'d>(data: impl ReadRef<'d>, len: u64) -> Result<String, String> {
    let file = File::parse(data).map_err(|_| "it is not a library".to_owned())?;
    let (found, wanted) = (file.architecture(), ARCHITECTURE);
    if found != wanted || file.is_64() != cfg!(target_pointer_width = "64") {
        return Err(format!("it is for {found:?}, and this program is for {wanted:?}"));
    }
    if file.format() != FORMAT {
        return Err(format!("it is a {:?} file, and this system uses {FORMAT:?}", file.format()));
    }
    if file.kind() != ObjectKind::Dynamic {
        return Err("it is not a dynamic library".to_owned());
    }
    for segment in file.segments() {
        let (offset, size) = segment.file_range();
        let end = offset.checked_add(size);
        if end.is_none_or(|end| end > len) {
            return Err("it is cut off: a segment ends behind the file".to_owned());
        }
    }
    root_symbol(&file)
}

fn root_symbol<'d>(file: &File<'d, impl ReadRef<'d>>) -> Result<String, String> {
    let damaged = |error: object::Error| format!("its exports are damaged: {error}");
    let mut root = None;
    for export in file.exports().map_err(damaged)? {
        let export = export.map_err(damaged)?;
        let NameOrOrdinal::Name(name) = export.name() else { continue };
        let Ok(name) = std::str::from_utf8(name) else { continue };
        // Mach-O puts an underscore before every name.
        let name = name.strip_prefix('_').filter(|_| cfg!(target_vendor = "apple")).unwrap_or(name);
        if name.starts_with(ROOT_SYMBOL_PREFIX) && root.replace(name.to_owned()).is_some() {
            return Err("it exports more than one plugin root".to_owned());
        }
    }
    root.ok_or_else(|| "it is no dugout plugin: it exports no root".to_owned())
}

const FORMAT: object::BinaryFormat = if cfg!(target_vendor = "apple") {
    object::BinaryFormat::MachO
} else if cfg!(windows) {
    object::BinaryFormat::Pe
} else {
    object::BinaryFormat::Elf
};

const ARCHITECTURE: Architecture = if cfg!(target_arch = "x86_64") {
    Architecture::X86_64
} else if cfg!(target_arch = "aarch64") {
    Architecture::Aarch64
} else if cfg!(target_arch = "x86") {
    Architecture::I386
} else if cfg!(target_arch = "arm") {
    Architecture::Arm
} else if cfg!(target_arch = "riscv64") {
    Architecture::Riscv64
} else if cfg!(target_arch = "powerpc64") {
    Architecture::PowerPc64
} else if cfg!(target_arch = "s390x") {
    Architecture::S390x
} else {
    // No such library exists: everything is refused.
    Architecture::Unknown
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_library_is_refused() {
        for bytes in [&b""[..], b"hello", b"\x7fELF", &[0; 4096]] {
            assert!(check(bytes, bytes.len() as u64).is_err());
        }
    }

    #[test]
    fn this_very_program_is_no_plugin() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(check(&program[..], program.len() as u64).is_err());
    }
}
