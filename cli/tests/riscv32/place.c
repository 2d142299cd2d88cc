/* Says where it is, or jumps to where nothing is, above 2 GiB. */
#include "start.h"

int run(int argc, char **argv, char **envp, u32 *auxv) {
    hex((u32)begin), put("\n");
    if (argc > 1)
        ((void (*)(void))0x91234560)();
    return 0;
}
