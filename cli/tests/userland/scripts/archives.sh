# Archives and compressors: there and back, each at several levels.
mkdir tree && cd tree || exit 1
for n in 1 2 3; do seq "$n" "$n" $((n * 7000)) >"file$n"; done
mkdir -p deep/er && seq 1 30000 | base64 >deep/er/program && chmod 755 deep/er/program && ln -s ../file1 deep/link && ln file1 hard
chmod 751 deep && touch -d @1000000000 file2
cd ..
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf tree.tar tree
tar -tvf tree.tar --full-time | tr -s ' ' | cut -d' ' -f1,2,6-
sha256sum tree.tar
for level in 1 6 9; do
    gzip -n -c -$level tree.tar >tree.gz && gzip -t tree.gz && gzip -dc tree.gz | cmp - tree.tar && cksum tree.gz
done
for level in 0 3; do
    xz -T1 -c -$level tree.tar >tree.xz && xz -t tree.xz && xz -dc tree.xz | cmp - tree.tar && cksum tree.xz
done
xz -T2 --block-size=64KiB -c -0 tree.tar >many.xz && xz -T2 -dc many.xz | cmp - tree.tar && echo threads
xz --check=crc64 --format=lzma -c -1 tree.tar | xz --format=lzma -dc | cksum
mkdir out && tar -xpf tree.tar -C out && diff -r tree out/tree && echo same
stat -c '%n %A %h %Y' out/tree/deep out/tree/file2 out/tree/hard
echo broken >>tree.gz; gzip -t tree.gz 2>/dev/null; echo "gzip $?"
head -c 1000 tree.xz | xz -t 2>/dev/null; echo "xz $?"
printf 'new\n' >tree/file1 && tar -rf tree.tar tree/file1 && tar -tf tree.tar | wc -l
