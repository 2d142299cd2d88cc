//! The buffer, and labels in it.

use thiserror::Error;

/// A place in the code of one [`Asm`], bound before or after its uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(pub(super) u32);

/// Why code could not be finished.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum AsmError {
    /// A label has a use and no place.
    #[error("label {} is used but not bound; bind it before the code is finished", .0.0)]
    Unbound(Label),
    /// A use of a label lies 2 GiB or more away from it.
    #[error("label {} lies beyond the reach of 32 bits; split the code", .0.0)]
    TooFar(Label),
}

/// A displacement of 32 bits that awaits its label.
#[derive(Clone, Copy, Debug)]
struct Fixup {
    /// Offset of the displacement.
    at: usize,
    /// Offset that it counts from: the end of its instruction.
    from: usize,
    label: Label,
    /// Bytes behind the label.
    addend: i32,
}

/// An assembler: each method of an instruction's name appends it.
#[derive(Debug, Default)]
pub struct Asm {
    bytes: Vec<u8>,
    labels: Vec<Option<usize>>,
    fixups: Vec<Fixup>,
}

impl Asm {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty buffer with room for so many bytes.
    #[must_use]
    pub fn with_room(bytes: usize) -> Self {
        let (labels, fixups) = (Vec::with_capacity(bytes / 16), Vec::with_capacity(bytes / 16));
        Self { bytes: Vec::with_capacity(bytes), labels, fixups }
    }

    /// Bytes so far, the offset of the next instruction.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was emitted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The code so far; displacements to labels are zero until [`Asm::resolve`].
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A fresh label, not bound.
    pub fn label(&mut self) -> Label {
        let label = Label(u32::try_from(self.labels.len()).unwrap_or(u32::MAX));
        self.labels.push(None);
        label
    }

    /// Makes `label` the offset of the next instruction.
    ///
    /// # Panics
    /// If the label is bound already or comes from another assembler.
    pub fn bind(&mut self, label: Label) {
        let here = self.bytes.len();
        let place = self.labels.get_mut(label.0 as usize).filter(|place| place.is_none());
        *place.expect("a label of this assembler is bound once") = Some(here);
    }

    /// Where `label` is bound.
    #[must_use]
    pub fn offset(&self, label: Label) -> Option<usize> {
        self.labels.get(label.0 as usize).copied().flatten()
    }

    /// Writes the displacements of all uses of labels so far.
    ///
    /// # Errors
    /// A label that is not bound, or too far from its use.
    pub fn resolve(&mut self) -> Result<(), AsmError> {
        for fixup in &self.fixups {
            let place = self.offset(fixup.label).ok_or(AsmError::Unbound(fixup.label))?;
            let distance = distance(fixup.from, place)
                .and_then(|distance| distance.checked_add(i64::from(fixup.addend)))
                .and_then(|distance| i32::try_from(distance).ok())
                .ok_or(AsmError::TooFar(fixup.label))?;
            self.bytes[fixup.at..fixup.at + 4].copy_from_slice(&distance.to_le_bytes());
        }
        self.fixups.clear();
        Ok(())
    }

    /// The code, with every use of a label resolved.
    ///
    /// # Errors
    /// As [`Asm::resolve`].
    pub fn finish(mut self) -> Result<Vec<u8>, AsmError> {
        self.resolve()?;
        Ok(self.bytes)
    }

    /// Appends eight bytes of data.
    pub fn quad(&mut self, data: u64) {
        self.put(&data.to_le_bytes());
    }

    /// Appends four bytes of data.
    pub fn long(&mut self, data: u32) {
        self.put(&data.to_le_bytes());
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends a displacement to `label + addend`; `tail` bytes of the instruction follow it.
    pub(super) fn put_distance(&mut self, label: Label, addend: i32, tail: usize) {
        let at = self.bytes.len();
        self.fixups.push(Fixup { at, from: at + 4 + tail, label, addend });
        self.put(&[0; 4]);
    }

    /// The displacement to `label` from the end of an instruction of two bytes, if that reaches.
    pub(super) fn near(&self, label: Label) -> Option<i8> {
        distance(self.bytes.len() + 2, self.offset(label)?).and_then(|distance| i8::try_from(distance).ok())
    }
}

/// Bytes from one offset to another.
fn distance(from: usize, to: usize) -> Option<i64> {
    i64::try_from(to).ok()?.checked_sub(i64::try_from(from).ok()?)
}
