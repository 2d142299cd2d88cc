# qemu: qemu-riscv64 cannot start a further guest program without binfmt_misc; it prints the same natively on x86-64, but for the machine and an instruction
# The guest's own compiler: compiles, assembles, links, archives; make drives it; the results run.
cat >sum.c <<'END'
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int twice(int);
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(int count, char **words) {
    int numbers[1000]; unsigned seed = 1; double sum = 0;
    for (int n = 0; n < 1000; n++) numbers[n] = (seed = seed * 1103515245 + 12345) >> 16 & 0x7fff;
    qsort(numbers, 1000, sizeof *numbers, compare);
    for (int n = 0; n < 1000; n++) sum += sqrt(numbers[n]);
    printf("%d %d %.6f %d %s\n", numbers[0], numbers[999], sum, twice(count), words[1]);
    return strlen(words[1]);
}
END
echo 'int twice(int x) { return 2 * x; }' >twice.c
for how in '-O2' '-O0 -static'; do
    gcc $how -o program sum.c twice.c -lm && guest ./program word; echo "$how: $?"
done
gcc -c -fPIC twice.c && ar rcs libtwice.a twice.o && gcc -shared -o libtwice.so twice.o && nm -g libtwice.a | tail -n 1
gcc -O1 -S -o - twice.c | grep -E '^\s(slliw|ret|addw)'
objdump -d twice.o | grep -c ret; readelf -h program | grep Machine; size -A libtwice.a | grep -c text
printf 'program: sum.o twice.o\n\tgcc -o $@ $^ -lm\n%%.o: %%.c\n\tgcc -O1 -c $<\nclean:\n\trm -f *.o program\n' >Makefile
make clean && make -j2 -s && guest ./program made; echo "make $?"; make -q; echo "up to date $?"
echo 'int main(void) { return undeclared; }' >wrong.c; gcc wrong.c 2>/dev/null; echo "wrong $?"
echo 'int missing(void); int main(void) { return missing(); }' >wrong.c; gcc wrong.c 2>/dev/null; echo "unlinked $?"
