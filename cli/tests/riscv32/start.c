/* What a program is given: arguments, environment, auxiliary vector, its machine's name. */
#include "start.h"

static u32 auxiliary(u32 *vector, u32 key) {
    for (; *vector; vector += 2)
        if (*vector == key)
            return vector[1];
    return 0;
}

int run(int argc, char **argv, char **envp, u32 *auxv) {
    put("hello\n");
    show("argc", argc);
    for (int n = 1; n < argc; n++)
        put(argv[n]), put("\n");
    for (char **e = envp; *e; e++)
        if (e[0][0] == 'G' && e[0][1] == 'R' && e[0][2] == 'E')
            put(*e), put("\n");
    show("page", auxiliary(auxv, 6));
    show("phent", auxiliary(auxv, 4));
    u8 *header = (u8 *)(auxiliary(auxv, 3) - 52);
    show("magic", *(u32 *)header);
    show("phnum", auxiliary(auxv, 5) == *(unsigned short *)(header + 44));
    show("entry", auxiliary(auxv, 9) == *(u32 *)(header + 24));
    show("random", auxiliary(auxv, 25) != 0);
    show("uid", auxiliary(auxv, 11) == (u32)sys(174));
    show("aligned", ((u32)argv - 4) % 16);
    put("name "), put(same((char *)auxiliary(auxv, 31), argv[0]) ? "same\n" : "other\n");
    static char names[6][65];
    result("uname", sys(uname, names));
    put(names[0]), put(" "), put(names[4]), put("\n");
    result("unknown call", sys(1000));
    result("fstat", sys(fstat, 0, names));
    result("wait4", sys(wait4, -1, 0, 0, 0));
    result("clock_gettime", sys(clock_gettime, 0, names));
    return 42;
}
