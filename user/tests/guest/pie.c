// A position-independent program without a C library: says where the loader put it.
static long call(long number, long a, long b, long c) {
  register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
  return a0;
}

void _start(void) {
  char text[17];
  unsigned long at = (unsigned long)_start & ~0xfful;
  for (int i = 15; i >= 0; i--, at >>= 4) text[i] = "0123456789abcdef"[at & 15];
  text[16] = '\n';
  call(64, 1, (long)text, 17);
  call(94, 5, 0, 0);
}
