# qemu: qemu-riscv64 cannot start a further guest program without binfmt_misc
# tar with compressors that it starts itself.
mkdir tree && seq 1 30000 >tree/numbers && cp "$ROOT/usr/bin/xz" tree/program
tar -czf tree.tgz tree && tar -tzf tree.tgz && tar -cJf tree.txz tree && tar -tJf tree.txz
mkdir one two && tar -xzf tree.tgz -C one && tar -xf tree.txz -C two && diff -r one two && echo same
tar -I 'gzip -9' -cf nine.tgz tree && tar -xOzf nine.tgz tree/numbers | cmp - tree/numbers && echo equal
