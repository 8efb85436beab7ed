//! Stops a program between any two system calls, or at its very end, by `ptrace(2)`.

// Calls of the C library, on a process that this one has started.
#![allow(unsafe_code)]

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::{fs::FileExt, process::CommandExt},
    process::{Child, Command},
    ptr,
};

/// A program that stands still.
#[derive(Debug)]
pub struct Tracee {
    child: Child,
    // Opened at once: later the program hides its memory from other processes of its user.
    maps: File,
    memory: File,
}

/// Where a traced program stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Before or after a system call.
    SystemCall,
    /// About to end: its memory is as it was at the last instruction.
    Exiting,
    /// Gone.
    Gone,
}

impl Tracee {
    /// Starts a program, which stands still before its first instruction. Everything about it must
    /// happen on the thread that calls this.
    pub fn start(command: &mut Command) -> Self {
        // SAFETY: `ptrace` is a plain system call, fine between fork and exec.
        unsafe {
            command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME) {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            });
        }
        let child = command.spawn().expect("the program starts");
        let open = |name: &str| {
            File::open(format!("/proc/{}/{name}", child.id())).expect("what the tracer may see")
        };
        let tracee = Self { maps: open("maps"), memory: open("mem"), child };
        let status = tracee.wait();
        assert!(libc::WIFSTOPPED(status), "the program stops at its start");
        let options =
            libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACEEXIT | libc::PTRACE_O_EXITKILL;
        tracee.request(libc::PTRACE_SETOPTIONS, options as usize);
        tracee
    }

    /// Goes on to the next system call's beginning or end, or to the program's own end.
    pub fn to_next_system_call(&self) -> Stop {
        self.go_on(libc::PTRACE_SYSCALL)
    }

    /// Goes on to the program's end.
    pub fn to_end(&self) -> Stop {
        loop {
            match self.go_on(libc::PTRACE_CONT) {
                Stop::SystemCall => {}
                stop => return stop,
            }
        }
    }

    /// Ends the program as a power cut would.
    pub fn kill(mut self) {
        let _gone_already = self.child.kill();
        // One that stands still at its end does not notice.
        let pid = self.child.id() as libc::pid_t;
        // SAFETY: as in `request`; it may be gone by now, which is fine.
        unsafe { libc::ptrace(libc::PTRACE_CONT, pid, ptr::null_mut::<u8>(), 0) };
        loop {
            let status = self.wait();
            if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
                break;
            }
            // SAFETY: as above.
            unsafe { libc::ptrace(libc::PTRACE_CONT, pid, ptr::null_mut::<u8>(), 0) };
        }
    }

    /// Whether any of the program's memory holds the bytes; where, if so.
    pub fn find(&self, needle: &[u8]) -> Option<String> {
        for line in self.maps().lines() {
            let mut fields = line.split_whitespace();
            let (range, mode) = (fields.next().expect("a range"), fields.next().expect("a mode"));
            let place = fields.nth(3).unwrap_or("anonymous");
            if !mode.starts_with("rw") {
                continue;
            }
            let (start, end) = range.split_once('-').expect("two ends");
            let parse = |text| u64::from_str_radix(text, 16).expect("hexadecimal");
            let (start, end) = (parse(start), parse(end));
            let mut bytes = vec![0; (end - start) as usize];
            self.memory.read_exact_at(&mut bytes, start).expect("readable memory");
            if let Some(at) = bytes.windows(needle.len()).position(|window| window == needle) {
                return Some(format!("{place} + {at:#x}"));
            }
        }
        None
    }

    /// The files that are mapped into the program.
    pub fn mapped_files(&self) -> Vec<String> {
        let maps = self.maps();
        let files = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
        files.map(str::to_owned).collect()
    }

    /// The exit code of a program that stands still at its end.
    pub fn exit_code(&self) -> i32 {
        let mut status: libc::c_ulong = 0;
        let pid = self.child.id() as libc::pid_t;
        // SAFETY: the process stands still and is traced by this thread; `status` outlives the
        // call.
        let result = unsafe {
            libc::ptrace(libc::PTRACE_GETEVENTMSG, pid, ptr::null_mut::<u8>(), &raw mut status)
        };
        assert_eq!(result, 0, "ptrace: {}", io::Error::last_os_error());
        libc::WEXITSTATUS(status as libc::c_int)
    }

    fn maps(&self) -> String {
        let mut maps = &self.maps;
        let mut text = String::new();
        maps.seek(SeekFrom::Start(0)).expect("its beginning");
        maps.read_to_string(&mut text).expect("its maps");
        text
    }

    fn go_on(&self, how: libc::c_uint) -> Stop {
        self.request(how, 0);
        loop {
            let status = self.wait();
            if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
                return Stop::Gone;
            }
            let signal = libc::WSTOPSIG(status);
            if status >> 8 == (libc::SIGTRAP | (libc::PTRACE_EVENT_EXIT << 8)) {
                return Stop::Exiting;
            }
            if signal == (libc::SIGTRAP | 0x80) {
                return Stop::SystemCall;
            }
            // A signal of the program's own: hand it on.
            self.request(how, signal as usize);
        }
    }

    fn request(&self, request: libc::c_uint, data: usize) {
        let pid = self.child.id() as libc::pid_t;
        // SAFETY: the process stands still and is traced by this thread; no address is passed.
        let result = unsafe { libc::ptrace(request, pid, ptr::null_mut::<u8>(), data) };
        assert_eq!(result, 0, "ptrace: {}", io::Error::last_os_error());
    }

    fn wait(&self) -> libc::c_int {
        let mut status = 0;
        let pid = self.child.id() as libc::pid_t;
        // SAFETY: `status` outlives the call.
        let result = unsafe { libc::waitpid(pid, &mut status, libc::__WALL) };
        assert_eq!(result, pid, "waitpid: {}", io::Error::last_os_error());
        status
    }
}
