//! A disk that loses power: what programs did to a folder, and every state in which a power cut may leave it.
//!
//! Only a sync of a file makes its bytes and length durable, and only a sync of a folder its entries; both cover what ended
//! before they began. The rest may be there or not, in any order, torn between sectors of 512 bytes, or as length without
//! bytes. A rename within a folder is whole. This is less than any usual file system promises.
//! Not here: choosing and judging states (`lost_writes`).

use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path, PathBuf};

use answerable_tests::strace::traced;
use answerable_tests::{Output, Tree, World, read_tree};

use crate::trace::{Argument, Call, OPTIONS, read};

pub const SECTOR: u64 = 512;

/// A file or a folder, whatever its name.
type Node = usize;
const ROOT: Node = 0;

#[derive(Debug, Clone)]
enum Content {
    File(Vec<u8>),
    Folder(BTreeMap<String, Node>),
}

#[derive(Debug, Clone)]
enum What {
    Bytes {
        at: u64,
        bytes: Vec<u8>,
    },
    Length(u64),
    /// Entries of folders: one that is made or removed, or the two of a rename.
    Entries(Vec<(Node, String, Option<Node>)>),
}

/// One change of one file or folder.
#[derive(Debug, Clone)]
struct Change {
    node: Node,
    what: What,
    ended: usize,
    /// When a sync that covers it returned.
    durable: Option<usize>,
    /// A sync of it failed: Linux forgets that it is not on the disk, and no later sync writes it.
    forgotten: bool,
    /// It is of the index's own store, of which nothing is promised.
    of_index: bool,
}

/// How much of a change is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Whole,
    /// The file has grown, and its new bytes are zeros.
    Zeros,
    /// The first so many sectors.
    First(usize),
    /// The file has grown, and of the sectors only those of this pattern are written.
    Sectors(u64),
}

struct Open {
    node: Node,
    position: u64,
    appends: bool,
}

pub struct Disk {
    root: PathBuf,
    base: Vec<Content>,
    now: Vec<Content>,
    changes: Vec<Change>,
    said: Vec<(usize, String)>,
    open: HashMap<i64, Open>,
    /// Lines of earlier traces.
    past: usize,
}

/// A moment at which the power may go.
#[derive(Debug)]
pub struct Moment {
    pub at: usize,
    /// Changes that may be lost.
    pub pending: Vec<usize>,
    /// Those of them that are of the index's own store.
    pub of_index: Vec<usize>,
}

impl Disk {
    /// All that is in the world is on the disk.
    pub fn of(world: &World) -> Self {
        let mut base = vec![Content::Folder(BTreeMap::new())];
        for (name, bytes) in tree_of(world) {
            let content = bytes.map_or_else(|| Content::Folder(BTreeMap::new()), Content::File);
            base.push(content);
            let made = base.len() - 1;
            let (folder, name) = find(&base, Path::new(&name)).expect("folders come before what is in them");
            entries(&mut base, folder).insert(name, made);
        }
        let root = world.path().to_owned();
        let now = base.clone();
        Self { root, base, now, changes: Vec::new(), said: Vec::new(), open: HashMap::new(), past: 0 }
    }

    /// Runs `answerable`, and takes in what it did. Panics if the files are others than the model has.
    pub fn run(&mut self, world: &World, strace: &[&str], answerable: &[&str]) -> Output {
        self.run_beside(world, strace, &[], answerable)
    }

    /// The same, while other programs write to these folders of the world.
    pub fn run_beside(&mut self, world: &World, strace: &[&str], others: &[&str], answerable: &[&str]) -> Output {
        let output = traced(world, &[&OPTIONS[..], strace].concat(), answerable);
        let trace = String::from_utf8(world.read("trace")).expect("strace writes ASCII");
        self.open.clear();
        for mut call in read(&trace) {
            call.begun += self.past;
            call.ended += self.past;
            self.take(&call);
        }
        self.past += trace.lines().count();
        let (model, files) = (self.tree(&self.now), tree_of(world));
        let theirs = |name: &str| others.iter().any(|folder| Path::new(name).starts_with(folder));
        let names = model.keys().chain(files.keys()).filter(|name| !theirs(name));
        let differing: Vec<_> = names.filter(|name| model.get(*name) != files.get(*name)).collect();
        assert!(differing.is_empty(), "{answerable:?}: the model of the disk differs in {differing:?}");
        output
    }

    /// What was said up to a moment.
    pub fn said(&self, until: usize) -> String {
        self.said.iter().filter(|(ended, _)| *ended <= until).map(|(_, text)| text.as_str()).collect()
    }

    /// The moments behind each change, sync and word.
    pub fn moments(&self) -> Vec<Moment> {
        let changes = self.changes.iter().flat_map(|c| [Some(c.ended), c.durable]).flatten();
        let mut times: Vec<usize> = changes.chain(self.said.iter().map(|(ended, _)| *ended)).collect();
        times.sort_unstable();
        times.dedup();
        times.into_iter().map(|at| self.moment(at)).collect()
    }

    fn moment(&self, at: usize) -> Moment {
        let pending = self.changes.iter().enumerate();
        let pending = pending.filter(|(_, c)| c.ended <= at && c.durable.is_none_or(|durable| durable > at));
        let (of_index, pending) = pending.map(|(i, _)| i).partition(|i| self.changes[*i].of_index);
        Moment { at, pending, of_index }
    }

    /// True if a change can be torn.
    pub fn has_bytes(&self, change: usize) -> bool {
        matches!(self.changes[change].what, What::Bytes { .. })
    }

    /// The folder as it lies on the disk when the power went, with these of the pending changes, in this order.
    pub fn after(&self, moment: &Moment, kept: &[(usize, How)]) -> Tree {
        let mut state = self.base.clone();
        // Nodes that were made later are there, empty; a name leads to them or not.
        state.extend(self.now[self.base.len()..].iter().map(|made| match made {
            Content::File(_) => Content::File(Vec::new()),
            Content::Folder(_) => Content::Folder(BTreeMap::new()),
        }));
        // What a failed sync left out is older than what a later sync wrote over it.
        let (old, new): (Vec<_>, Vec<_>) = kept.iter().partition(|(i, _)| self.changes[*i].forgotten);
        let durable = self.changes.iter().enumerate().filter(|(_, c)| c.durable.is_some_and(|at| at <= moment.at));
        let mut first: Vec<(usize, How)> = durable.map(|(i, _)| (i, How::Whole)).chain(old).collect();
        first.sort_by_key(|(i, _)| *i);
        for (i, how) in first.into_iter().chain(new) {
            apply(&mut state, self.changes[i].node, &self.changes[i].what, how);
        }
        self.tree(&state)
    }

    fn tree(&self, state: &[Content]) -> Tree {
        fn walk(state: &[Content], node: Node, path: &str, out: &mut Tree) {
            let Content::Folder(entries) = &state[node] else { return };
            for (name, node) in entries {
                let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                out.insert(
                    path.clone(),
                    match &state[*node] {
                        Content::File(bytes) => Some(bytes.clone()),
                        Content::Folder(_) => None,
                    },
                );
                walk(state, *node, &path, out);
            }
        }
        let mut out = Tree::new();
        walk(state, ROOT, "", &mut out);
        out
    }

    fn change(&mut self, node: Node, what: What, ended: usize, of_index: bool) {
        apply(&mut self.now, node, &what, How::Whole);
        self.changes.push(Change { node, what, ended, durable: None, forgotten: false, of_index });
    }

    fn sync(&mut self, node: Node, call: &Call) {
        let waiting = self.changes.iter_mut().filter(|c| c.durable.is_none() && !c.forgotten && c.ended < call.begun);
        let of_node = waiting.filter(|c| match &c.what {
            // A rename is in one folder here, or is taken to be synced with the folder that it leads to.
            What::Entries(entries) => entries.last().is_some_and(|(folder, ..)| *folder == node),
            _ => c.node == node,
        });
        for change in of_node {
            match call.result {
                0 => change.durable = Some(call.ended),
                _ => change.forgotten = matches!(change.what, What::Bytes { .. }),
            }
        }
    }

    /// A path below the root, without `.` and `..`; None for one that leads elsewhere.
    fn below(&self, folder: Option<&Argument>, path: &Argument) -> Option<PathBuf> {
        let path = PathBuf::from(String::from_utf8(path.bytes().to_vec()).expect("test paths are UTF-8"));
        let path = match folder.map(|f| f.word()).filter(|f| *f != "AT_FDCWD") {
            Some(fd) if path.is_relative() => {
                let open = self.open.get(&fd.parse().expect("a file descriptor"))?;
                self.path_of(open.node)?.join(path)
            }
            _ => path,
        };
        let path = if path.is_absolute() { path.strip_prefix(&self.root).ok()?.to_owned() } else { path };
        let parts: Vec<_> = path.components().filter(|c| *c != Component::CurDir).collect();
        parts.iter().all(|c| matches!(c, Component::Normal(_))).then(|| parts.into_iter().collect())
    }

    fn path_of(&self, wanted: Node) -> Option<PathBuf> {
        fn walk(state: &[Content], node: Node, wanted: Node, path: PathBuf) -> Option<PathBuf> {
            if node == wanted {
                return Some(path);
            }
            let Content::Folder(entries) = &state[node] else { return None };
            entries.iter().find_map(|(name, node)| walk(state, *node, wanted, path.join(name)))
        }
        walk(&self.now, ROOT, wanted, PathBuf::new())
    }

    fn node_at(&self, path: &Path) -> Option<Node> {
        if path.as_os_str().is_empty() {
            return Some(ROOT);
        }
        let (folder, name) = find(&self.now, path)?;
        match &self.now[folder] {
            Content::Folder(entries) => entries.get(&name).copied(),
            Content::File(_) => None,
        }
    }

    fn is_index(&self, node: Node) -> bool {
        self.path_of(node).is_some_and(|p| p.to_string_lossy().contains("index/streams"))
    }

    fn entry(&mut self, path: &Path, node: Option<Node>, ended: usize) {
        let (folder, name) = find(&self.now, path).unwrap_or_else(|| panic!("no folder of {}", path.display()));
        let of_index = path.to_string_lossy().contains("index/streams");
        self.change(folder, What::Entries(vec![(folder, name, node)]), ended, of_index);
    }

    fn make(&mut self, path: &Path, content: Content, ended: usize) -> Node {
        self.now.push(content);
        let node = self.now.len() - 1;
        self.entry(path, Some(node), ended);
        node
    }

    fn write(&mut self, fd: i64, at: Option<u64>, bytes: Vec<u8>, ended: usize) {
        let Some(open) = self.open.get_mut(&fd) else { return };
        let node = open.node;
        let len = match &self.now[node] {
            Content::File(bytes) => bytes.len() as u64,
            Content::Folder(_) => panic!("a folder was written to"),
        };
        let place = at.unwrap_or(if open.appends { len } else { open.position });
        if at.is_none() {
            open.position = place + bytes.len() as u64;
        }
        let of_index = self.is_index(node);
        self.change(node, What::Bytes { at: place, bytes }, ended, of_index);
    }

    /// Bytes that the kernel copied from one open file to another.
    fn copy(&mut self, from: (i64, Option<u64>), to: (i64, Option<u64>), len: usize, ended: usize) {
        let source = self.open.get_mut(&from.0).expect("files outside of the world are not copied in");
        let start = from.1.unwrap_or(source.position) as usize;
        if from.1.is_none() {
            source.position += len as u64;
        }
        let Content::File(bytes) = &self.now[source.node] else { panic!("a folder was copied") };
        let bytes = bytes[start..start + len].to_vec();
        if len > 0 {
            self.write(to.0, to.1, bytes, ended);
        }
    }

    fn take(&mut self, call: &Call) {
        let (arguments, ended) = (&call.arguments, call.ended);
        let name = call.name.as_str();
        let syncs = matches!(name, "fsync" | "fdatasync");
        if call.result < 0 && !syncs {
            return;
        }
        let number = |i: usize| arguments[i].number();
        let offset = |i: usize| (arguments[i].word() != "NULL").then(|| panic!("{call:?}: an offset in memory"));
        let written = |i: usize| arguments[i].bytes()[..call.result as usize].to_vec();
        match name {
            "open" | "openat" | "creat" => {
                let first = usize::from(name == "openat");
                let Some(path) = self.below(arguments.first().filter(|_| first == 1), &arguments[first]) else {
                    return;
                };
                let flags = if name == "creat" { "O_CREAT|O_TRUNC" } else { arguments[first + 1].word() };
                let has = |flag: &str| flags.split('|').any(|f| f == flag);
                // strace writes its own file into the world.
                let node = match self.node_at(&path) {
                    Some(node) => node,
                    None if has("O_CREAT") => self.make(&path, Content::File(Vec::new()), ended),
                    None => panic!("{} was opened, and the model has no such file", path.display()),
                };
                let full = matches!(&self.now[node], Content::File(bytes) if !bytes.is_empty());
                if has("O_TRUNC") && full {
                    let of_index = self.is_index(node);
                    self.change(node, What::Length(0), ended, of_index);
                }
                self.open.insert(call.result, Open { node, position: 0, appends: has("O_APPEND") });
            }
            "close" => drop(self.open.remove(&number(0))),
            "dup" | "dup2" | "dup3" | "fcntl" => {
                if name != "fcntl" || arguments[1].word().starts_with("F_DUPFD") {
                    let same = self.open.get(&number(0));
                    let same = same.map(|o| Open { node: o.node, position: o.position, appends: o.appends });
                    same.map(|open| self.open.insert(call.result, open));
                }
            }
            "write" | "writev" => match number(0) {
                1 | 2 => self.said.push((ended, String::from_utf8_lossy(&written(1)).into_owned())),
                fd => self.write(fd, None, written(1), ended),
            },
            "pwrite64" => self.write(number(0), Some(number(3) as u64), written(1), ended),
            "lseek" => {
                if let Some(open) = self.open.get_mut(&number(0)) {
                    open.position = call.result as u64;
                }
            }
            "ftruncate" => {
                if let Some(node) = self.open.get(&number(0)).map(|o| o.node) {
                    let of_index = self.is_index(node);
                    self.change(node, What::Length(number(1) as u64), ended, of_index);
                }
            }
            "copy_file_range" => {
                let (from, to) = ((number(0), offset(1)), (number(2), offset(3)));
                self.copy(from, to, call.result as usize, ended);
            }
            "sendfile" => self.copy((number(1), offset(2)), (number(0), None), call.result as usize, ended),
            "rename" | "renameat" | "renameat2" => {
                let (old, new) = if name == "rename" {
                    (self.below(None, &arguments[0]), self.below(None, &arguments[1]))
                } else {
                    let at = |i: usize| self.below(Some(&arguments[i]), &arguments[i + 1]);
                    (at(0), at(2))
                };
                let (Some(old), Some(new)) = (old, new) else { return };
                let node = self.node_at(&old).expect("what is renamed is there");
                let (from, to) = (find(&self.now, &old).expect("there"), find(&self.now, &new).expect("there"));
                let of_index = new.to_string_lossy().contains("index/streams");
                let entries = vec![(from.0, from.1, None), (to.0, to.1, Some(node))];
                self.change(to.0, What::Entries(entries), ended, of_index);
            }
            "unlink" | "rmdir" | "unlinkat" => {
                let path = match name {
                    "unlinkat" => self.below(Some(&arguments[0]), &arguments[1]),
                    _ => self.below(None, &arguments[0]),
                };
                if let Some(path) = path {
                    self.entry(&path, None, ended);
                }
            }
            "mkdir" | "mkdirat" => {
                let path = match name {
                    "mkdirat" => self.below(Some(&arguments[0]), &arguments[1]),
                    _ => self.below(None, &arguments[0]),
                };
                path.map(|path| self.make(&path, Content::Folder(BTreeMap::new()), ended));
            }
            "fsync" | "fdatasync" => {
                if let Some(node) = self.open.get(&number(0)).map(|o| o.node) {
                    self.sync(node, call);
                }
            }
            // It promises nothing: neither lengths nor the disk's own cache.
            "sync_file_range" => {}
            _ => panic!("the model of the disk does not know {name}"),
        }
    }
}

/// The world's files, without strace's own.
fn tree_of(world: &World) -> Tree {
    let mut tree = read_tree(world.path());
    tree.remove("trace");
    tree
}

/// The folder in which a path lies, and its name there.
fn find(state: &[Content], path: &Path) -> Option<(Node, String)> {
    let name = path.file_name()?.to_str()?.to_owned();
    let mut node = ROOT;
    for part in path.parent()?.components() {
        let Content::Folder(entries) = &state[node] else { return None };
        node = *entries.get(part.as_os_str().to_str()?)?;
    }
    Some((node, name))
}

fn entries(state: &mut [Content], folder: Node) -> &mut BTreeMap<String, Node> {
    match &mut state[folder] {
        Content::Folder(entries) => entries,
        Content::File(_) => panic!("a file has no entries"),
    }
}

fn apply(state: &mut [Content], node: Node, what: &What, how: How) {
    if let What::Entries(changed) = what {
        for (folder, name, node) in changed {
            match node {
                Some(node) => entries(state, *folder).insert(name.clone(), *node),
                None => entries(state, *folder).remove(name),
            };
        }
        return;
    }
    let Content::File(file) = &mut state[node] else { panic!("a folder has no bytes") };
    match what {
        What::Length(len) => file.resize(*len as usize, 0),
        What::Bytes { at, bytes } if how == How::Whole => {
            let (start, end) = (*at as usize, *at as usize + bytes.len());
            file.resize(file.len().max(end), 0);
            file[start..end].copy_from_slice(bytes);
        }
        What::Bytes { at, bytes } => {
            let first_sector = at / SECTOR;
            for (i, byte) in bytes.iter().enumerate() {
                let place = at + i as u64;
                let sector = place / SECTOR - first_sector;
                let there = match how {
                    How::Whole => unreachable!("done above"),
                    How::Zeros => false,
                    How::First(sectors) => sector < sectors as u64,
                    How::Sectors(pattern) => pattern >> (sector % 64) & 1 == 1,
                };
                if matches!(how, How::First(_)) && !there {
                    break;
                }
                if file.len() as u64 <= place {
                    file.resize(place as usize + 1, 0);
                }
                if there {
                    file[place as usize] = *byte;
                }
            }
        }
        What::Entries(_) => {}
    }
}
