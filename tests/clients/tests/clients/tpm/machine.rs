//! A TPM: `swtpm`, which runs the reference implementation of the Trusted Computing Group, spoken to
//! with `tpm2-tools` through a socket in a folder of its own.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::bank::server::Folder;

/// A TPM that is stopped, by the id of its process, when the test is over.
pub(crate) struct Machine {
    process: Child,
    folder: Folder,
}

/// Where keys are kept that have to outlive a command: persistent handles.
const ENDORSEMENT: u32 = 0x8101_0001;
const STORAGE: u32 = 0x8100_0001;

/// A key in the TPM.
#[derive(Clone, Copy)]
pub(crate) struct Handle(pub(crate) u32);

/// What kind of key, and what it signs with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ecc,
    Rsa,
}

/// Attributes of a key that signs what it is given.
pub(crate) const SIGNING: &str = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign";

/// What TPM2_Certify gives back.
pub(crate) struct Certified {
    /// TPMS_ATTEST.
    pub(crate) attest: Vec<u8>,
    /// TPMT_SIGNATURE, whole.
    pub(crate) wrapped: Vec<u8>,
    /// The signature in it, in the form of its algorithm.
    pub(crate) signature: Vec<u8>,
}

impl Machine {
    /// A TPM without keys but an endorsement key and a storage key.
    ///
    /// # Panics
    ///
    /// Loudly, where the tools are not installed: a suite that leaves the TPM out proves nothing
    /// about it.
    pub(crate) fn start() -> Self {
        for tool in ["swtpm", "tpm2_certify"] {
            let there = Command::new(tool).arg("--version").stdout(Stdio::null()).status().is_ok();
            assert!(there, "NOT RUN: no TPM. {tool} is not there: apt-get install {PACKAGES}");
        }
        let folder = Folder::new();
        let state = folder.file("tpm");
        std::fs::create_dir(&state).unwrap();
        let socket = |name: &str| format!("type=unixio,path={}", state.join(name).display());
        let process = Command::new("swtpm")
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
            .args(["--tpmstate", &format!("dir={}", state.display())])
            .args(["--server", &socket("socket"), "--ctrl", &socket("socket.ctrl")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut machine = Self { process, folder };
        // Whoever connects and goes again disturbs nobody.
        while !machine.path("socket.ctrl").exists()
            || UnixStream::connect(machine.path("socket")).is_err()
        {
            let ended = machine.process.try_wait().unwrap();
            assert!(ended.is_none(), "swtpm ended: {ended:?}");
            std::thread::yield_now();
        }
        machine.run(&format!("tpm2_createek -c {ENDORSEMENT:#x} -G rsa -u endorsement"));
        machine.run("tpm2_createprimary -Q -C o -g sha256 -G ecc -c primary");
        machine.keep("primary", STORAGE);
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.file("tpm").join(name)
    }

    /// Runs a tool, in the folder of this TPM: its name and its arguments, between spaces.
    pub(crate) fn run(&self, line: &str) {
        let done = self.try_run(line);
        assert!(done.is_ok(), "{line}: {done:?}");
    }

    /// What a tool printed, or what it complained of.
    fn try_run(&self, line: &str) -> Result<String, String> {
        let mut words = line.split(' ');
        let done = Command::new(words.next().unwrap())
            .args(words)
            .current_dir(self.folder.file("tpm"))
            .env("TPM2TOOLS_TCTI", format!("swtpm:path={}", self.path("socket").display()))
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if done.status.success() { Ok(text(&done.stdout)) } else { Err(text(&done.stderr)) }
    }

    /// The firmware version that it reports of itself.
    pub(crate) fn firmware_version(&self) -> u64 {
        let properties = self.try_run("tpm2_getcap properties-fixed").unwrap();
        let half = |name: &str| {
            let (_, rest) = properties.split_once(name).unwrap();
            let (_, number) = rest.lines().nth(1).unwrap().split_once("raw: 0x").unwrap();
            u64::from_str_radix(number.trim(), 16).unwrap()
        };
        half("TPM2_PT_FIRMWARE_VERSION_1:") << 32 | half("TPM2_PT_FIRMWARE_VERSION_2:")
    }

    /// Makes the key of a context persistent, and forgets the context: a TPM has room for three.
    fn keep(&self, context: &str, handle: u32) -> Handle {
        self.run("tpm2_flushcontext -t");
        self.run(&format!("tpm2_evictcontrol -Q -C o -c {context} {handle:#x}"));
        self.run("tpm2_flushcontext -t");
        Handle(handle)
    }

    /// An attestation key: restricted, so that it signs nothing that the TPM did not make.
    pub(crate) fn attestation_key(&self, kind: Kind, hash: &str, handle: u32) -> Handle {
        let (algorithm, scheme) = match kind {
            Kind::Ecc => ("ecc", "ecdsa"),
            Kind::Rsa => ("rsa", "rsassa"),
        };
        self.run(&format!(
            "tpm2_createak -Q -C {ENDORSEMENT:#x} -c made -G {algorithm} -g {hash} -s {scheme}"
        ));
        self.keep("made", handle)
    }

    /// A key under the storage key.
    pub(crate) fn key(&self, kind: Kind, attributes: &str, handle: u32) -> Handle {
        // A restricted key has to say what it signs with; another is told each time.
        let algorithm = match (kind, attributes.contains("restricted")) {
            (Kind::Ecc, false) => "ecc256:null:null",
            (Kind::Ecc, true) => "ecc256:ecdsa-sha256:null",
            (Kind::Rsa, false) => "rsa2048:null:null",
            (Kind::Rsa, true) => "rsa2048:rsassa-sha256:null",
        };
        let files = "-u public -r private";
        self.run(&format!(
            "tpm2_create -Q -C {STORAGE:#x} -G {algorithm} -g sha256 {files} -a {attributes}"
        ));
        self.run("tpm2_flushcontext -t");
        self.run(&format!("tpm2_load -Q -C {STORAGE:#x} {files} -c made"));
        self.keep("made", handle)
    }

    /// TPMT_PUBLIC of a key.
    pub(crate) fn public_area(&self, key: Handle) -> Vec<u8> {
        self.read_public(key, "tss")[2..].to_vec()
    }

    /// SubjectPublicKeyInfo of a key, DER.
    pub(crate) fn public_key(&self, key: Handle) -> Vec<u8> {
        self.read_public(key, "der")
    }

    fn read_public(&self, key: Handle, form: &str) -> Vec<u8> {
        self.run(&format!("tpm2_readpublic -Q -c {:#x} -f {form} -o public.out", key.0));
        std::fs::read(self.path("public.out")).unwrap()
    }

    /// TPM2_Certify (part 3 of the TPM library, section 18.2) with qualifying data, for which
    /// `tpm2_certify` has no argument: the command goes as it stands.
    pub(crate) fn certify(&self, key: Handle, by: Handle, qualifying: &[u8]) -> Certified {
        // Both keys have an empty password.
        const PASSWORD: [u8; 9] = [0x40, 0, 0, 9, 0, 0, 0, 0, 0];
        let sessions = [PASSWORD, PASSWORD].concat();
        let mut body = [0x148, key.0, by.0, u32::try_from(sessions.len()).unwrap()]
            .map(u32::to_be_bytes)
            .concat();
        body.extend(sessions);
        body.extend(u16::try_from(qualifying.len()).unwrap().to_be_bytes());
        body.extend(qualifying);
        // The scheme is the signing key's own, or this one where it has none.
        match self.public_area(by)[1] {
            _ if self.is_restricted(by) => body.extend([0x00, 0x10]),
            0x23 => body.extend([0x00, 0x18, 0x00, 0x0b]),
            _ => body.extend([0x00, 0x14, 0x00, 0x0b]),
        }
        let answer = self.send(&body);
        // Session tag, size, success, size of the parameters.
        let mut rest = &answer[14..];
        let attest = sized(&mut rest);
        let (wrapped, signature) = signature(rest);
        Certified { attest, wrapped, signature }
    }

    fn is_restricted(&self, key: Handle) -> bool {
        let area = self.public_area(key);
        u32::from_be_bytes(area[4..8].try_into().unwrap()) & (1 << 16) != 0
    }

    /// A command with sessions, from its code on; the answer of one that succeeded.
    fn send(&self, body: &[u8]) -> Vec<u8> {
        let mut command = vec![0x80, 0x02];
        command.extend(u32::try_from(body.len() + 6).unwrap().to_be_bytes());
        command.extend(body);
        std::fs::write(self.path("command"), command).unwrap();
        self.run("tpm2_send -o answer command");
        let answer = std::fs::read(self.path("answer")).unwrap();
        assert_eq!(answer[6..10], [0; 4], "the TPM refused: {:02x?}", &answer[6..10]);
        answer
    }

    /// Signs a message with SHA-256; the error is the TPM's.
    pub(crate) fn sign(&self, key: Handle, message: &[u8]) -> Result<Vec<u8>, String> {
        std::fs::write(self.path("message"), message).unwrap();
        // The digest by the TPM itself: the ticket says whether a restricted key may sign it.
        self.run("tpm2_hash -C o -g sha256 -o digest -t ticket message");
        let scheme = if self.public_area(key)[1] == 0x23 { "ecdsa" } else { "rsassa" };
        self.try_run(&format!(
            "tpm2_sign -Q -c {:#x} -g sha256 -s {scheme} -d -t ticket -f plain -o signature digest",
            key.0
        ))?;
        Ok(std::fs::read(self.path("signature")).unwrap())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A TPM2B: two bytes of length, and so many.
fn sized(rest: &mut &[u8]) -> Vec<u8> {
    let (length, after) = rest.split_first_chunk().unwrap();
    let (bytes, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
    *rest = after;
    bytes.to_vec()
}

/// TPMT_SIGNATURE in front of some bytes, and the signature in it.
fn signature(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    // Algorithm and hash.
    let mut rest = &bytes[4..];
    let plain = match bytes[..2] {
        [0x00, 0x18] => {
            let (r, s) = (sized(&mut rest), sized(&mut rest));
            device_enrollment_testkit::der::sequence(&[
                device_enrollment_testkit::der::unsigned(&r),
                device_enrollment_testkit::der::unsigned(&s),
            ])
        }
        [0x00, 0x14] => sized(&mut rest),
        ref other => panic!("a signature of {other:02x?}"),
    };
    (bytes[..bytes.len() - rest.len()].to_vec(), plain)
}

const PACKAGES: &str = "swtpm tpm2-tools libtss2-tcti-swtpm0";
