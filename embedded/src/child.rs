//! A child process that ends when this process ends, however it ends.
//!
//! The child is started through `setpriv --pdeathsig SIGNAL`, which asks the kernel to deliver SIGNAL when the parent
//! dies and then becomes the server itself (same process id, no wrapper left). The kernel's "parent" is the *thread*
//! that made the child: a child started from a test's or a blocking pool's thread would be signalled as soon as that
//! thread ends. Therefore one dedicated thread, which lives as long as the process, starts every child.
//!
//! This module does not know what it starts, keeps no log and decides no deadline.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::environment;
use crate::error::EmbeddedError;

/// How often a wait looks again.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// Signal that the kernel sends to a child when its owner dies.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DeathSignal {
    /// Kafka: controlled shutdown.
    Terminate,
    /// PostgreSQL: fast shutdown.
    Interrupt,
    /// PostgreSQL: immediate shutdown, for data that nobody needs again.
    Quit,
    /// Kafka: at once, for data that nobody needs again.
    Kill,
}

impl DeathSignal {
    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Interrupt => "INT",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
        }
    }
}

/// An account to drop to before the program starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) user: u32,
    pub(crate) group: u32,
}

/// `setpriv` with what is wanted; append the program and its arguments.
///
/// # Errors
/// [`EmbeddedError::ProgramMissing`] without `setpriv`.
pub(crate) fn setpriv(
    account: Option<Account>,
    death: Option<DeathSignal>,
) -> Result<Command, EmbeddedError> {
    let path = environment::program("setpriv", "install the Debian package `util-linux`")?;
    let mut command = Command::new(path);
    if let Some(account) = account {
        command.arg(format!("--reuid={}", account.user));
        command
            .arg(format!("--regid={}", account.group))
            .arg("--clear-groups");
    }
    if let Some(death) = death {
        command.args(["--pdeathsig", death.name()]);
    }
    command.arg("--");
    Ok(command)
}

/// A running (or ended) process; dropping it kills the process.
#[derive(Debug)]
pub struct OwnedChild {
    child: Child,
}

impl OwnedChild {
    /// A command that runs `program` so that the kernel kills it when this process dies; add arguments and variables,
    /// then hand it to [`Self::spawn`].
    ///
    /// # Errors
    /// [`EmbeddedError::ProgramMissing`] without `setpriv`.
    pub fn command(program: &Path) -> Result<Command, EmbeddedError> {
        let mut command = setpriv(None, Some(DeathSignal::Kill))?;
        command.arg(program);
        Ok(command)
    }

    /// Starts `command` in `folder`, with both outputs appended to `log`.
    ///
    /// # Errors
    /// [`EmbeddedError::File`] for the log, [`EmbeddedError::Spawn`] for the program.
    pub fn spawn(mut command: Command, folder: &Path, log: &Path) -> Result<Self, EmbeddedError> {
        let output = open_log(log)?;
        let errors = output
            .try_clone()
            .map_err(EmbeddedError::file("open", log))?;
        command
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        // Ctrl-C in a terminal goes to the whole foreground group; the servers must outlive the
        // drain of their owner.
        command.process_group(0);
        let program = command.get_program().to_string_lossy().into_owned();
        let child = spawn_on_dedicated_thread(command)?
            .map_err(|source| EmbeddedError::Spawn { program, source })?;
        Ok(Self { child })
    }

    /// Process id, valid until [`Self::exit_status`] returned a status.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How the process ended, or `None` while it runs.
    pub fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends `signal`, waits up to `deadline`, then kills. Returns whether it ended by itself.
    pub fn stop(&mut self, signal: Signal, deadline: Duration) -> bool {
        let until = Instant::now() + deadline;
        self.signal(signal);
        while Instant::now() < until {
            if self.exit_status().is_some() {
                return true;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        self.kill();
        false
    }

    /// Kills the process and reaps it.
    pub fn kill(&mut self) {
        // Both calls fail only for a process that has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Sends `signal` unless the process has ended.
    pub fn signal(&mut self, signal: Signal) {
        // The id cannot belong to another process: the child is reaped only by `exit_status` and `kill`, and after
        // that nothing is sent.
        if self.exit_status().is_some() {
            return;
        }
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // Fails only for a process that has ended since, which the callers find out next.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for OwnedChild {
    fn drop(&mut self) {
        self.kill();
    }
}

fn open_log(log: &Path) -> Result<File, EmbeddedError> {
    File::options()
        .create(true)
        .append(true)
        .open(log)
        .map_err(EmbeddedError::file("open", log))
}

type SpawnReply = SyncSender<std::io::Result<Child>>;

fn spawn_on_dedicated_thread(command: Command) -> Result<std::io::Result<Child>, EmbeddedError> {
    static SPAWNER: OnceLock<SyncSender<(Command, SpawnReply)>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (jobs, queue) = sync_channel(16);
        // When the thread cannot be made the queue is dropped and every send below reports it.
        drop(
            std::thread::Builder::new()
                .name("embedded-spawner".into())
                .spawn(|| serve(queue)),
        );
        jobs
    });
    let (reply, answer) = sync_channel(1);
    spawner
        .send((command, reply))
        .map_err(|_| EmbeddedError::SpawnerGone)?;
    answer.recv().map_err(|_| EmbeddedError::SpawnerGone)
}

/// Never returns while the process lives: the sending half is in a static.
fn serve(queue: Receiver<(Command, SpawnReply)>) {
    for (mut command, reply) in queue {
        // A caller that went away drops the child unwatched; it still dies with this process.
        drop(reply.send(command.spawn()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> OwnedChild {
        let mut command = setpriv(None, Some(DeathSignal::Kill)).unwrap();
        command.args(["sleep", "300"]);
        let folder = std::env::temp_dir();
        OwnedChild::spawn(command, &folder, Path::new("/dev/null")).unwrap()
    }

    #[test]
    fn a_child_outlives_the_thread_that_asked_for_it() {
        let mut child = std::thread::spawn(sleeper).join().unwrap();
        // A death signal would arrive at once; give it time to be wrong.
        std::thread::sleep(Duration::from_millis(300));
        assert!(child.exit_status().is_none());
    }

    #[test]
    fn a_child_is_out_of_reach_of_ctrl_c_in_our_terminal() {
        let child = sleeper();
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let group = stat.rsplit(") ").next().unwrap().split(' ').nth(2).unwrap();
        assert_eq!(
            group,
            child.id().to_string(),
            "not a group of its own: {stat}"
        );
    }

    #[test]
    fn stop_reports_whether_the_signal_was_enough() {
        let mut child = sleeper();
        assert!(child.stop(Signal::TERM, Duration::from_secs(10)));
        assert!(child.exit_status().is_some());
    }
}
