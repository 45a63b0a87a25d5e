create table large (id int primary key, filling varchar(400) not null);
insert into large select x, repeat(x, 40) from system_range(1, 150000);
