// SPDX-License-Identifier: MIT
// SIGSEGV and SIGBUS with their addresses, and handlers that repair the memory and go on.
#include "torture.h"
#include <setjmp.h>
#include <sys/mman.h>

static char *region;
static volatile void *at;
static volatile int number, code, repaired;
static sigjmp_buf out;

static void repairs(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    uintptr_t page = (uintptr_t)info->si_addr & ~4095ul;
    repaired++;
    code = info->si_code;
    if (mprotect((void *)page, 4096, PROT_READ | PROT_WRITE) < 0) _exit(7);
}

static void leaves(int signal, siginfo_t *info, void *context) {
    (void)context;
    number = signal;
    at = info->si_addr;
    code = info->si_code;
    siglongjmp(out, 1);
}

static const char *name(int code_of) {
    return code_of == SEGV_MAPERR ? "SEGV_MAPERR" : code_of == SEGV_ACCERR ? "SEGV_ACCERR" : "?";
}

#define TRY(what, touch, where) \
    do { \
        number = 0; \
        if (sigsetjmp(out, 1) == 0) { touch; } \
        SAY("%s: %s, %s, address %s", what, number == SIGSEGV ? "SIGSEGV" : number == SIGBUS ? "SIGBUS" : "none", \
            number == SIGBUS ? code == BUS_ADRERR ? "BUS_ADRERR" : "?" : name(code), at == (void *)(where) ? "right" : "wrong"); \
    } while (0)

static volatile char sink;

// A write barrier as garbage collectors have one: each page is opened by its first store.
static void barrier(void) {
    enum { PAGES = 64 };
    char *heap = mmap(NULL, PAGES * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    handle(SIGSEGV, repairs, 0);
    repaired = 0;
    for (int round = 0; round < 3; round++)
        for (int page = 0; page < PAGES; page++) heap[page * 4096 + round * 8] = (char)page;
    int wrong = 0;
    for (int page = 0; page < PAGES; page++) wrong += heap[page * 4096 + 16] != (char)page;
    SAY("pages opened %d, %s, wrong %d", repaired, name(code), wrong);
    // A system call is answered EFAULT instead.
    mprotect(heap, 4096, PROT_NONE);
    int pipes[2];
    HOLDS(pipe(pipes) == 0);
    repaired = 0;
    SAY("write of it: %s, handler %d", write(pipes[1], heap, 1) < 0 ? answer(errno) : "ok", repaired);
}

static void *in_a_thread(void *word) {
    (void)word;
    repaired = 0;
    char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[5] = 1;
    SAY("in a thread: %d", repaired);
    return NULL;
}

int main(int arguments, char **words) {
    (void)words;
    region = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(region + 4096, 4096, PROT_READ);
    mprotect(region + 8192, 4096, PROT_NONE);
    handle(SIGSEGV, leaves, 0);
    handle(SIGBUS, leaves, 0);
    TRY("load of null", sink = *(volatile char *)16, 16);
    TRY("store to null", *(volatile char *)24 = 1, 24);
    TRY("store to read-only", region[4096 + 8] = 1, region + 4096 + 8);
    TRY("load of nothing", sink = region[8192 + 9], region + 8192 + 9);
    munmap(region + 4096, 4096);
    TRY("load of unmapped", sink = region[4096], region + 4096);
    char path[] = "/tmp/strata-XXXXXX";
    int file = mkstemp(path);
    HOLDS(file >= 0 && unlink(path) == 0 && ftruncate(file, 100) == 0);
    char *mapped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    mapped[4095] = 1;
    TRY("behind the end of a file", sink = mapped[4096], mapped + 4096);
    HOLDS(ftruncate(file, 8192) == 0);
    TRY("and when it has grown", sink = mapped[4096]; at = mapped + 4096, mapped + 4096);
    barrier();
    if (arguments > 1) return 0;
    join(start(in_a_thread, NULL));
}
