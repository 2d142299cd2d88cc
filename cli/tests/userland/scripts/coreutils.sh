# Small programs over files, folders and numbers.
seq 1 20000 >numbers
wc numbers
sort -rn numbers | head -n 3
shuf --random-source=numbers numbers | sort -n | cmp - numbers && echo sorted
split -n 4 numbers part.
cat part.* | sha256sum
sha1sum numbers >sums && sha1sum -c sums
b2sum numbers; cksum numbers; md5sum numbers
mkdir -p deep/er/est && touch deep/er/est/file && cp -a deep copy && rm -r deep && find copy | sort
ln -s copy/er link && ls -F link/ && readlink -f link/est >absolute && sed 's,.*/work/,,' absolute
mv copy/er/est/file . && ls copy/er/est | wc -l
dd if=numbers of=blocks bs=512 count=4 skip=1 2>/dev/null && stat -c '%s %F' blocks
truncate -s 1M sparse && stat -c '%s' sparse && od -An -tx1 -N4 sparse
tr a-y b-z <<END
hal
END
cut -d: -f2 <<END | paste -sd+
a:1
b:2
END
comm -12 numbers numbers | tail -n 1
factor 1000000007 600851475143
expr 17 \* 3 - 1
date -u -d '2024-02-29 12:00:00 +1 year' '+%F %j %A'
numfmt --to=iec-i 1500000
printf '%.17g %a %s\n' 0.1 3.25 text
base32 <<END
strata
END
echo "zq" | grep -E -c 'z[pq]' ; echo aXb | sed -E 's/(.)X(.)/\2-\1/'
grep -c 7 numbers; grep -o '99[0-9]*' numbers | head -n 2
find . -maxdepth 1 -type f -size +100k -printf '%f %s\n'
chmod 640 numbers && stat -c %A numbers && test ! -x numbers && echo "test $?"
nl -ba part.aa | head -n 2; tac part.aa | head -n 1; fold -w 5 part.aa | tail -n 1
diff part.aa part.ab >differences; echo "diff $?"
hexdump -C part.aa | head -n 2
column -t <<END
a bb ccc
aaa b c
END
