set -e
mkdir -p d/e; printf 'b 2\na 1\nc 3\n' > d/list; cp d/list d/e/copy; ln -s list d/link
ls d | tr '\n' ' '; echo
find d -type f | sort
sort d/list | awk '{s += $2; print $1} END {print s}'
grep -c . d/link; sed -n 's/b/B/p' d/list; wc -c < d/list
tar cf all.tar d; gzip all.tar; mkdir out; gunzip -c all.tar.gz | tar x -C out; cmp d/list out/d/e/copy && echo same
md5sum d/list | cut -c1-32; sha256sum < d/list | head -c 16; echo
for i in 1 2 3; do echo $((i * i)); done | paste -sd+ | bc
x=$(cat d/list | head -n 1); echo "[$x]"; (exit 7) || echo "status $?"
trap 'echo trapped' USR1; kill -USR1 $$; sleep 0.05 & wait $!; echo waited
cat <<END | while read line; do echo "<$line>"; done
one
two
END
mv d/list d/moved; rm -r out d/e; stat -c '%n %s %F' d/moved; chmod 600 d/moved; ls -l d/moved | cut -c1-10
date -u -d @86400 +%Y-%m-%d; dd if=/dev/zero bs=1k count=3 2>/dev/null | wc -c; seq 3 | xargs echo
yes | head -n 2 | tail -n 1; echo text > f; echo more >> f; cat f - < f | nl | tail -n 1; [ -x /bin ] && echo ok
