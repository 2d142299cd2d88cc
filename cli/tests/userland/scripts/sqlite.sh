# A hundred thousand rows in a file, indices, joins, windows, text, transactions, two readers.
sqlite3 rows.db <<'END'
pragma journal_mode = wal;
create table rows (id integer primary key, name text, value real);
with recursive n (x) as (select 1 union all select x + 1 from n where x < 100000)
insert into rows select x, printf('name-%06d', x * 7919 % 100003), x / 3.0 from n;
select count(*), sum(id), max(name), round(total(value), 3) from rows;
create index by_name on rows (name);
explain query plan select id from rows where name = 'name-000042';
select id from rows where name = 'name-000042';
select name from rows order by name desc limit 2 offset 10;
begin; delete from rows where id % 3 = 0; select count(*) from rows; rollback;
select count(*) from rows;
update rows set value = -value where id between 10 and 12; select id, round(value, 4) from rows where value < 0;
END
sqlite3 rows.db 'pragma integrity_check; select name from pragma_table_info("rows");'
sqlite3 -json rows.db 'select id, json_object("n", name) as j from rows limit 2'
sqlite3 -csv rows.db "select id % 5 as rest, count(*), group_concat(substr(name, -2), '') from rows where id < 30 group by rest"
sqlite3 rows.db 'select id, sum(id) over (order by id rows 2 preceding), lag(id) over (order by id) from rows limit 4'
sqlite3 :memory: "select 7 / 2, 7 / 2.0, 1e308 * 10, 9223372036854775807 + 1, abs(-9.5), round(2.675, 2), hex(zeroblob(3)), unicode('ü'), upper('straße')"
sqlite3 :memory: "select date('2024-02-29', '+1 year'), strftime('%s', '2000-01-01'), julianday('2000-01-01')"
sqlite3 rows.db 'select * from nothing' 2>/dev/null; echo "status $?"
sqlite3 rows.db 'delete from rows where id > 2000; vacuum;' && sqlite3 rows.db .dump | sha256sum
