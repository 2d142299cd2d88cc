// What changes a program's map and what the kernel writes: a second copy must follow all of it.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char *guarded;

static void mend(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    if ((char *)info->si_addr != guarded)
        _exit(9);
    mprotect(guarded, 4096, PROT_READ | PROT_WRITE);
}

static unsigned long sum(const char *p, unsigned long n)
{
    unsigned long total = 0;
    while (n--)
        total = total * 31 + (unsigned char)*p++;
    return total;
}

int main(void)
{
    unsigned long all = 0;
    struct sigaction action = {.sa_sigaction = mend, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, 0);

    char *p = mmap(0, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(p, 5, 16 * 4096);
    p = mremap(p, 16 * 4096, 64 * 4096, MREMAP_MAYMOVE);
    p[63 * 4096] = 6;
    all += sum(p, 64 * 4096);
    madvise(p, 32 * 4096, MADV_DONTNEED);
    all += sum(p, 64 * 4096);
    // The same place anew, twice: what was there is gone.
    mmap(p, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    p[100] = 1;
    mmap(p, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    all += sum(p, 64 * 4096);

    guarded = p + 4096;
    for (int i = 0; i < 20; i++) {
        mprotect(guarded, 4096, PROT_NONE);
        *guarded = (char)i;
        all += sum(guarded, 16);
    }

    char name[] = "mapsXXXXXX";
    int fd = mkstemp(name);
    for (int i = 0; i < 3000; i++)
        if (write(fd, &i, sizeof i) != sizeof i)
            return 1;
    char *file = mmap(0, 12000, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    file[5000] ^= 1;
    all += sum(file, 12000);
    char *shared = mmap(0, 12000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    shared[6000] ^= 3;
    char got[100];
    if (pread(fd, got, sizeof got, 5950) != sizeof got)
        return 2;
    all += sum(got, sizeof got) + sum(shared, 12000);
    if (pwrite(fd, "written", 7, 9000) != 7)
        return 3;
    all += sum(shared, 12000);
    // A file without a name any more.
    unlink(name);
    char *nameless = mmap(0, 12000, PROT_READ, MAP_PRIVATE, fd, 0);
    all += sum(nameless, 12000);

    for (int i = 1; i < 200; i++) {
        char *m = malloc(i * 1000);
        memset(m, i, i * 1000);
        all += sum(m, i * 1000);
        free(m);
    }
    if (all == 0)
        return 4;
    puts("done");
    return 0;
}
