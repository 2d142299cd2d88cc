# awk, sed, grep and diff as people use them.
seq 1 300 >numbers
gawk 'BEGIN { for (i = 0; i < 100000; i++) a[i % 997] += i; n = asorti(a, b); print n, a[7], b[1] }'
gawk '{ s += $1; q += $1 * $1 } END { printf "%d %d %.6f\n", s, q, sqrt(q / NR) }' numbers
gawk 'BEGIN { printf "%5.2f|%-6s|%x|%e|%c\n", 3.14159, "ab", 255, 12345, 65; print substr("strata", 2, 3), index("strata", "ta"), toupper("x") }'
gawk 'BEGIN { s = "a1b22c333"; while (match(s, /[0-9]+/)) { print substr(s, RSTART, RLENGTH); s = substr(s, RSTART + RLENGTH) } }'
gawk --bignum 'BEGIN { print 2 ^ 200; PREC = 200; printf "%.50f\n", 1 / 3 }'
sed -n '/^1/{/5$/p}' numbers | tr '\n' ' '; echo
sed '1~3d;s/[02468]$/even/;y/13/ab/' numbers | head -n 4
sed -e ':a' -e '$!N;ta' -e 'P;D' numbers | wc -l
grep -nE '^(1|2).*0$' numbers | tail -n 3; grep -P '^(?=.*7)\d{3}$' numbers | wc -l
seq 1 3 300 >thirds; diff -u numbers thirds | tail -n +3 | sha256sum
diff --side-by-side --width=20 thirds numbers | head -n 3
cmp numbers thirds; echo "cmp $?"
