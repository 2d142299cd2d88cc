//! The smallest program: one page of code that calls `exit`.

/// An ELF file whose only segment, readable and executable, is itself.
pub fn program() -> Vec<u8> {
    let mut file = vec![0; 4096];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"\x7fELF\x02\x01\x01");
    put(16, &[2, 0, 243, 0, 1]);
    put(24, &0x1_0100u64.to_le_bytes());
    put(32, &64u64.to_le_bytes());
    put(52, &[64, 0, 56, 0, 1]);
    put(64, &[1, 0, 0, 0, 5]);
    put(80, &0x1_0000u64.to_le_bytes());
    put(96, &4096u64.to_le_bytes());
    put(104, &4096u64.to_le_bytes());
    // li a7, 93; ecall
    put(0x100, &[0x93, 0x08, 0xd0, 0x05, 0x73, 0, 0, 0]);
    file
}
