// What the programs share: a line for each call, with its answer or its error.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline void show_line(const char *text, long value) {
  if (value == -1)
    printf("%s = -1 %s\n", text, strerrorname_np(errno));
  else
    printf("%s = %ld\n", text, value);
  fflush(stdout);
}

// The text of the call and what it answers; numbers that differ between runs are not for this.
#define SHOW(call) show_line(#call, (errno = 0, (long)(call)))
// Only whether it works.
#define WORKS(call) show_line("works: " #call, (errno = 0, (long)(call)) == -1 ? -1 : 1)
// A condition.
#define IS(condition) printf("%s: %s\n", #condition, (condition) ? "yes" : "no")
#define LEN(a) (sizeof(a) / sizeof *(a))
