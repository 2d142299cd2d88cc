/* Memory: the heap, mappings of files in units of 4096 bytes, addresses above 2 GiB. */
#include "start.h"

int run(int argc, char **argv, char **envp, u32 *auxv) {
    u32 start = sys(brk, 0);
    show("brk", sys(brk, start + 0x3000) - start);
    *(volatile u32 *)(start + 0x2ffc) = 7;
    show("heap", *(u32 *)(start + 0x2ffc));
    show("back", sys(brk, start) - start);

    int fd = sys(openat, AT_FDCWD, "file", 0x242, 0644);
    u64 places[] = {0x3000, 0x100003000ull};
    for (int n = 0; n < 2; n++) {
        char bytes[6], *name = n ? "far away: " : "near: ";
        sys(pwrite64, fd, "mapped", 6, LOW(places[n]), HIGH(places[n]));
        char *page = (char *)sys(mmap2, 0, 4096, 3, 1, fd, (u32)(places[n] >> 12));
        put(name), sys(write, 1, page, 6), put("\n");
        page[0] = 'M';
        sys(pread64, fd, bytes, 6, LOW(places[n]), HIGH(places[n]));
        put(name), sys(write, 1, bytes, 6), put("\n");
        result("munmap", sys(munmap, page, 4096));
    }
    sys(unlinkat, AT_FDCWD, "file", 0);

    volatile u32 *high = (u32 *)sys(mmap2, 0x90000000, 0x2000, 3, 0x32, -1, 0);
    show("high", (u32)high);
    high[3] = 0x80000001;
    show("value", high[3] + high[0x7ff]);
    result("mprotect", sys(mprotect, (u32)high, 4096, 1));
    result("read into it", sys(read, 0, (u32)high, 1));
    result("odd offset", sys(mmap2, 0x90000001, 4096, 3, 0x32, -1, 0));
    result("too much", sys(mmap2, 0, 0xfffff000, 3, 0x22, -1, 0));
    result("out of reach", sys(write, 1, 0xfffff000, 16));

    static char code[16] __attribute__((aligned(4)));
    u32 *words = (u32 *)sys(mmap2, 0, 4096, 7, 0x22, -1, 0);
    words[0] = 0x02a00513; /* li a0, 42 */
    words[1] = 0x00008067; /* ret */
    result("flush", sys(259, words, words + 2, 0));
    show("written code", ((int (*)(void))words)());
    return 0;
}
