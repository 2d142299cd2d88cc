//! Memory that keeps a list of the accesses made to it.

use interp::{Access, Memory, Order, Scalar};

/// One access to memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Touch {
    /// First byte.
    pub at: u64,
    /// Bytes.
    pub size: u64,
    /// Read or written.
    pub access: Access,
    /// The value read or written, zero-extended.
    pub value: u64,
}

/// Memory that remembers successful loads and stores until [`Recorder::clear`].
pub struct Recorder<M> {
    /// The memory itself.
    pub inner: M,
    touches: Vec<Touch>,
}

impl<M> Recorder<M> {
    /// Records the accesses to `inner`.
    pub fn new(inner: M) -> Self {
        Self { inner, touches: vec![] }
    }

    /// Accesses since the last [`clear`](Self::clear), oldest first.
    pub fn touches(&self) -> &[Touch] {
        &self.touches
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.touches.clear();
    }

    fn note<T: Scalar>(&mut self, at: u64, access: Access, value: T) {
        self.touches.push(Touch { at, size: size_of::<T>() as u64, access, value: value.into() });
    }
}

impl<M: Memory> Memory for Recorder<M> {
    type Fault = M::Fault;

    fn load<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, M::Fault> {
        let value = self.inner.load(at, order)?;
        self.note(at, Access::Load, value);
        Ok(value)
    }

    fn store<T: Scalar>(&mut self, at: u64, value: T, order: Order) -> Result<(), M::Fault> {
        self.inner.store(at, value, order)?;
        self.note(at, Access::Store, value);
        Ok(())
    }

    fn compare_exchange<T: Scalar>(&mut self, at: u64, old: T, new: T, order: Order) -> Result<T, M::Fault> {
        let found = self.inner.compare_exchange(at, old, new, order)?;
        self.note(at, Access::Load, found);
        if found == old {
            self.note(at, Access::Store, new);
        }
        Ok(found)
    }

    fn fetch<T: Scalar>(&mut self, at: u64, order: Order) -> Result<T, M::Fault> {
        self.inner.fetch(at, order)
    }

    fn code_epoch(&self) -> u64 {
        self.inner.code_epoch()
    }

    fn code_written(&mut self) {
        self.inner.code_written();
    }

    const TRANSLATES: bool = M::TRANSLATES;

    fn mmu(&mut self) -> Option<&mut memory::tlb::SoftMmu> {
        self.inner.mmu()
    }
}
