// The address space as a program meets it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static char zeros[1 << 20];
static _Thread_local int mine = 42;

static const char *name(int error) { return error ? strerrorname_np(error) : "ok"; }

static const char *try(void *got) { return got == MAP_FAILED ? name(errno) : "mapped"; }

int main(int argc, char **argv) {
  (void)argc;
  const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
  int sum = 0;
  for (size_t i = 0; i < sizeof zeros; i++) sum |= zeros[i];
  printf("bss %d tls %d\n", sum, mine);

  char *heap = sbrk(0);
  sbrk(100000);
  memset(heap, 1, 100000);
  sbrk(-100000);
  printf("brk %d\n", (char *)sbrk(0) == heap);

  printf("fixed at zero: %s\n", try(mmap(0, 4096, PROT_READ, anonymous | MAP_FIXED, -1, 0)));
  printf("no length: %s\n", try(mmap(0, 0, PROT_READ, anonymous, -1, 0)));
  printf("no type: %s\n", try(mmap(0, 4096, PROT_READ, MAP_ANONYMOUS, -1, 0)));
  printf("bad descriptor: %s\n", try(mmap(0, 4096, PROT_READ, MAP_PRIVATE, 99, 0)));
  printf("too much: %s\n", try(mmap(0, 1ul << 60, PROT_READ, anonymous, -1, 0)));

  char *a = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, anonymous, -1, 0);
  strcpy(a, "kept");
  munmap(a + 4096, 4096);
  printf("hint taken: %d\n", mmap(a + 4096, 4096, PROT_READ, anonymous, -1, 0) == a + 4096);
  char *b = mmap(0, 8192, PROT_READ | PROT_WRITE, anonymous, -1, 0);
  strcpy(b, "moved");
  b = mremap(b, 8192, 1 << 20, MREMAP_MAYMOVE);
  printf("%s %d\n", b, b[(1 << 20) - 1]);
  printf("protect a hole: %s\n", mprotect((void *)0x100000000, 4096, PROT_READ) ? name(errno) : "ok");
  madvise(a, 4096, MADV_DONTNEED);
  printf("dropped: '%s'\n", a);

  int file = open(argv[0], O_RDONLY);
  char *text = mmap(0, 4096, PROT_READ, MAP_PRIVATE, file, 0);
  printf("file %d\n", memcmp(text, "\177ELF", 4));

  int *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int *own = mmap(0, 4096, PROT_READ | PROT_WRITE, anonymous, -1, 0);
  if (fork() == 0) {
    *shared = *own = 5;
    _exit(0);
  }
  wait(0);
  printf("shared %d own %d\n", *shared, *own);

  // li a0, 1; ret, then li a0, 2; ret.
  unsigned *code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, anonymous, -1, 0);
  int (*function)(void) = (int (*)(void))code;
  code[0] = 0x00100513, code[1] = 0x00008067;
  __builtin___clear_cache((char *)code, (char *)code + 8);
  int first = function();
  code[0] = 0x00200513;
  __builtin___clear_cache((char *)code, (char *)code + 8);
  printf("code %d %d\n", first, function());
  return 0;
}
