//! Reading a flattened blob that somebody else wrote.

use super::Node;

/// What is wrong with a blob.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadTree {
    /// The first bytes are others.
    #[error("it does not begin with the mark of a device tree, d0 0d fe ed; compile sources with dtc first")]
    Magic,
    /// It ends too early, or points outside itself.
    #[error("it is damaged: byte {at:#x} lies outside what its header says; compile it anew")]
    Outside {
        /// Offset in the blob.
        at: usize,
    },
    /// A structure that is none.
    #[error("it is damaged: there is no token {token:#x}, as at {at:#x}; compile it anew")]
    Token {
        /// The word.
        token: u32,
        /// Offset in the blob.
        at: usize,
    },
    /// Deeper than any tree is.
    #[error("its nodes are nested deeper than {MOST_DEPTH}")]
    Depth,
}

/// Nodes inside each other at most.
const MOST_DEPTH: usize = 64;

const MAGIC: u32 = 0xd00d_feed;
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOP: u32 = 4;

impl Node {
    /// The root of the tree in `blob`. Memory reservations are not kept.
    ///
    /// # Errors
    /// [`BadTree`].
    pub fn read(blob: &[u8]) -> Result<Self, BadTree> {
        let reader = Reader { blob, strings: 0 };
        if reader.word(0).ok() != Some(MAGIC) {
            return Err(BadTree::Magic);
        }
        let total = reader.offset(4)?;
        let blob = blob.get(..total).ok_or(BadTree::Outside { at: total })?;
        let reader = Reader { blob, strings: reader.offset(12)? };
        let mut at = reader.offset(8)?;
        while reader.word(at)? == NOP {
            at += 4;
        }
        match reader.word(at)? {
            BEGIN_NODE => Ok(reader.node(&mut (at + 4), 0)?),
            token => Err(BadTree::Token { token, at }),
        }
    }
}

struct Reader<'a> {
    blob: &'a [u8],
    /// Offset of the names of properties.
    strings: usize,
}

impl<'a> Reader<'a> {
    fn word(&self, at: usize) -> Result<u32, BadTree> {
        let bytes = self.slice(at, 4)?;
        Ok(bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)))
    }

    fn offset(&self, at: usize) -> Result<usize, BadTree> {
        usize::try_from(self.word(at)?).map_err(|_| BadTree::Outside { at })
    }

    fn slice(&self, at: usize, size: usize) -> Result<&'a [u8], BadTree> {
        let end = at.checked_add(size).ok_or(BadTree::Outside { at })?;
        self.blob.get(at..end).ok_or(BadTree::Outside { at })
    }

    /// The bytes up to the next zero.
    fn string(&self, at: usize) -> Result<&'a [u8], BadTree> {
        let rest = self.blob.get(at..).ok_or(BadTree::Outside { at })?;
        let size = rest.iter().position(|byte| *byte == 0).ok_or(BadTree::Outside { at })?;
        Ok(&rest[..size])
    }

    /// The node whose name lies at `at`, which moves behind the node.
    fn node(&self, at: &mut usize, depth: usize) -> Result<Node, BadTree> {
        if depth > MOST_DEPTH {
            return Err(BadTree::Depth);
        }
        let name = self.string(*at)?;
        *at += (name.len() + 1).next_multiple_of(4);
        let mut node = Node::new(String::from_utf8_lossy(name));
        loop {
            let (token, here) = (self.word(*at)?, *at);
            *at += 4;
            match token {
                BEGIN_NODE => node.children.push(self.node(at, depth + 1)?),
                END_NODE => return Ok(node),
                NOP => {}
                PROPERTY => {
                    let size = self.offset(*at)?;
                    let name = self.strings.checked_add(self.offset(*at + 4)?);
                    let name = self.string(name.ok_or(BadTree::Outside { at: here })?)?;
                    let value = self.slice(*at + 8, size)?;
                    *at += 8 + size.next_multiple_of(4);
                    node.properties.push((String::from_utf8_lossy(name).into_owned(), value.to_vec()));
                }
                token => return Err(BadTree::Token { token, at: here }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Node {
        Node::new("")
            .cells("#address-cells", &[2])
            .text("compatible", &["a", "b"])
            .child(Node::new("cpus").cells("phandle", &[1]).child(Node::new("cpu@0").flag("empty")))
    }

    #[test]
    fn what_is_written_reads_back() {
        assert_eq!(Node::read(&tree().flatten().unwrap()), Ok(tree()));
    }

    #[test]
    fn a_damaged_blob_is_refused_wherever_it_is_damaged() {
        let blob = tree().flatten().unwrap();
        assert_eq!(Node::read(b"/dts-v1/;"), Err(BadTree::Magic));
        for end in 0..blob.len() {
            assert!(Node::read(&blob[..end]).is_err());
        }
        for at in 0..blob.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut bad = blob.clone();
                bad[at] = value;
                // Any answer will do; there must be one.
                let _ = Node::read(&bad);
            }
        }
    }
}
