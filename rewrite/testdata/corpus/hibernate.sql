-- Hibernate and JPA: aliases c1_0 (6), customer0_ (5), parameters $n as pgJDBC sends them.

select c1_0.id,c1_0.active,c1_0.birthday,c1_0.created_at,c1_0.credit,c1_0.email,c1_0.name,c1_0.owner_id,c1_0.phone,c1_0.profile,c1_0.region from customers c1_0 order by c1_0.id

-- $ 17
select c1_0.id,c1_0.active,c1_0.birthday,c1_0.credit,c1_0.email,c1_0.name,c1_0.phone from customers c1_0 where c1_0.id=$1

-- $ 17
select customer0_.id as id1_0_0_, customer0_.name as name2_0_0_, customer0_.phone as phone3_0_0_ from customers customer0_ where customer0_.id=$1

-- pages
-- $ 5
select c1_0.id,c1_0.name from customers c1_0 order by c1_0.name,c1_0.id fetch first $1 rows only

-- $ 5 | 5
select c1_0.id,c1_0.name from customers c1_0 order by c1_0.name,c1_0.id offset $1 rows fetch first $2 rows only

-- $ 3 | 4
select customer0_.id as id1_0_, customer0_.name as name2_0_ from customers customer0_ order by customer0_.id limit $1 offset $2

select count(c1_0.id) from customers c1_0

select count(*) from customers c1_0 where c1_0.active=true

select count(distinct c1_0.id) from customers c1_0 left join orders o1_0 on c1_0.id=o1_0.customer_id where o1_0.status='paid'

-- fetch joins
select c1_0.id,c1_0.name,o1_0.customer_id,o1_0.id,o1_0.amount,o1_0.status from customers c1_0 join orders o1_0 on c1_0.id=o1_0.customer_id where c1_0.active order by c1_0.id,o1_0.id

select o1_0.id,o1_0.amount,c1_0.id,c1_0.name,c1_0.phone,o1_0.status from orders o1_0 left join customers c1_0 on c1_0.id=o1_0.customer_id where o1_0.amount>500 order by o1_0.id

-- $ 17
select c1_0.id,c1_0.name,o1_0.customer_id,o1_0.id,o1_0.amount,oi1_0.order_id,oi1_0.product_id,p1_0.id,p1_0.name from customers c1_0 left join orders o1_0 on c1_0.id=o1_0.customer_id left join order_items oi1_0 on o1_0.id=oi1_0.order_id left join products p1_0 on p1_0.id=oi1_0.product_id where c1_0.id=$1 order by 4, 7

-- collections
-- $ 17
select o1_0.customer_id,o1_0.id,o1_0.amount,o1_0.placed_on,o1_0.status from orders o1_0 where o1_0.customer_id=$1 order by o1_0.id

-- $ {7,17,27}
select o1_0.customer_id,o1_0.id,o1_0.amount from orders o1_0 where array_position($1::bigint[],o1_0.customer_id) is not null order by o1_0.id

-- $ 7 | 17 | 27
select orders0_.customer_id as customer2_1_1_, orders0_.id as id1_1_1_ from orders orders0_ where orders0_.customer_id in ($1 , $2 , $3) order by orders0_.id

-- sub-select fetching
select o1_0.customer_id,o1_0.id,o1_0.amount from orders o1_0 where o1_0.customer_id in (select c1_0.id from customers c1_0 where c1_0.name like 'Customer%' escape '') order by o1_0.id

-- criteria and JPQL
-- $ %r1%
select c1_0.id,c1_0.name from customers c1_0 where lower(c1_0.name) like $1 escape '' order by c1_0.id

-- $ cust% | true
select c1_0.id from customers c1_0 where c1_0.name ilike $1 escape '\' and c1_0.active=$2 order by 1

select c1_0.id from customers c1_0 where upper(c1_0.name) like upper('%R1%') escape '\' or c1_0.note is null order by c1_0.id desc nulls last

select c1_0.id from customers c1_0 where 1=1 and c1_0.region in ('EU','US') and c1_0.credit between 1000 and 20000 and (c1_0.birthday is null or c1_0.birthday>='1971-01-01') order by c1_0.id

-- $ \N | \N
select c1_0.id from customers c1_0 where ($1::text is null or c1_0.name=$1) and ($2::bigint is null or c1_0.id>$2) order by c1_0.id

-- $ \N
select c1_0.id from customers c1_0 where (cast($1 as varchar) is null or lower(c1_0.name) like lower(concat('%', $1, '%'))) order by c1_0.id

select c1_0.id from customers c1_0 where exists(select 1 from orders o1_0 where o1_0.customer_id=c1_0.id and o1_0.amount>(select avg(o2_0.amount) from orders o2_0)) order by c1_0.id

select c1_0.id from customers c1_0 where (select count(o1_0.id) from orders o1_0 where c1_0.id=o1_0.customer_id)>=3 order by c1_0.id

select c1_0.id from customers c1_0 where not exists(select 1 from orders o1_0 where c1_0.id=o1_0.customer_id and o1_0.status='new') order by c1_0.id

select c1_0.id from customers c1_0 where c1_0.id=all(select o1_0.customer_id from orders o1_0 where o1_0.id=16) order by 1

select c1_0.id from customers c1_0 where c1_0.credit>=any(select o1_0.amount*10 from orders o1_0 where o1_0.status='paid') order by 1

select c1_0.id,case when c1_0.credit>20000 then 'A' when c1_0.credit>10000 then 'B' else 'C' end from customers c1_0 order by 1

select coalesce(c1_0.note,''),nullif(c1_0.name,'x'),length(c1_0.name),locate.x from customers c1_0 cross join (select position('R' in 'CR') as x) locate order by c1_0.id

select c1_0.region,count(c1_0.id),sum(c1_0.credit),avg(c1_0.credit) from customers c1_0 group by c1_0.region having count(c1_0.id)>2 order by 1

select c1_0.name,sum(o1_0.amount) from orders o1_0 join customers c1_0 on c1_0.id=o1_0.customer_id group by c1_0.id,c1_0.name order by 2 desc,1

select c1_0.id,c1_0.name,c1_0.phone,sum(o1_0.amount) from orders o1_0 join customers c1_0 on c1_0.id=o1_0.customer_id group by 1,2,3 order by 4 desc

select extract(year from o1_0.placed_on),extract(month from o1_0.placed_on),sum(o1_0.amount) from orders o1_0 group by extract(year from o1_0.placed_on),extract(month from o1_0.placed_on) order by 1,2

select distinct e1_0.id,e1_0.name from customers c1_0 join employees e1_0 on e1_0.id=c1_0.owner_id where e1_0.department_id=1

select e1_0.id,e1_0.name,m1_0.id,m1_0.name from employees e1_0 left join employees m1_0 on m1_0.id=e1_0.manager_id order by e1_0.id

-- single table and joined inheritance
select t1_0.id,t1_0.type,t1_0.subject,t1_0.lock_version from tickets t1_0 where t1_0.type in ('Incident','Incident::Major') order by t1_0.number

select t1_0.id,case when t1_0.type is not null then 1 when t1_0.id is not null then 0 end,t1_0.subject from tickets t1_0 order by t1_0.number

-- union inheritance
select u1_0.id,u1_0.clazz_,u1_0.name from (select id, name, 1 as clazz_ from employees union all select id, name, 2 as clazz_ from products) u1_0 where u1_0.clazz_=2 order by u1_0.id

select u1_0.id,u1_0.clazz_,u1_0.name from (select id, name, null::varchar(20) as phone, 1 as clazz_ from employees union all select id, name, phone, 2 as clazz_ from customers) u1_0 order by u1_0.clazz_,u1_0.id

-- CTE, window functions, lateral of Hibernate 6
with recent as (select o1_0.id id,o1_0.customer_id customer_id from orders o1_0 where o1_0.placed_on>'2026-02-01') select r1_0.id,c1_0.name from recent r1_0 join customers c1_0 on c1_0.id=r1_0.customer_id order by 1

select c1_0.id,rank() over(partition by c1_0.region order by c1_0.credit desc),first_value(c1_0.id) over(order by c1_0.id) from customers c1_0 order by 1

select c1_0.id,o1_0.c0 from customers c1_0 join lateral (select max(o2_0.amount) from orders o2_0 where o2_0.customer_id=c1_0.id) o1_0(c0) on true order by 1

select s1_0.id from (select c1_0.id,row_number() over(order by c1_0.credit desc,c1_0.id) rn from customers c1_0) s1_0 where s1_0.rn between 3 and 6 order by 1

-- keyset (scroll window)
-- $ 2026-01-10 | 2026-01-10 | 50 | 5
select o1_0.id,o1_0.placed_on from orders o1_0 where o1_0.placed_on>$1 or o1_0.placed_on=$2 and o1_0.id>$3 order by o1_0.placed_on,o1_0.id fetch first $4 rows only

-- multi-valued tuples
select o1_0.id from orders o1_0 where (o1_0.customer_id,o1_0.status) in ((7,'new'),(17,'paid')) order by 1

select oi1_0.order_id,oi1_0.product_id,oi1_0.quantity from order_items oi1_0 where (oi1_0.order_id,oi1_0.product_id)=(6,7)

-- functions, dates
select c1_0.id,cast(c1_0.birthday as timestamp),c1_0.created_at at time zone 'UTC',(c1_0.created_at+(2*interval '1 day')),date_part('dow',c1_0.created_at) from customers c1_0 order by 1

select t1_0.number,t1_0.opened_at,(t1_0.closed_at-t1_0.opened_at::timestamptz),t1_0.due-date '2026-01-01' from tickets t1_0 where t1_0.due<=current_date order by 1

select current_timestamp is not null, localtimestamp is not null, current_date>'2000-01-01' from customers c1_0 where c1_0.id=17

select t1_0.number,mod(t1_0.number,4),abs(t1_0.rank),sqrt(t1_0.ratio),round(t1_0.cost,0),floor(t1_0.weight),power(2,t1_0.rank),sign(t1_0.cost) from tickets t1_0 order by 1

select t1_0.number from tickets t1_0 where t1_0.priority='high' and t1_0.customer_id in (select c1_0.id from customers c1_0 where c1_0.active) order by t1_0.number

select t1_0.number,jsonb_extract_path_text(t1_0.meta,'source'),(t1_0.meta->>'n')::integer from tickets t1_0 where jsonb_extract_path_text(t1_0.meta,'source')='web' order by 1

-- locks
-- $ 17
select c1_0.id,c1_0.name from customers c1_0 where c1_0.id=$1 for no key update

select c1_0.id from customers c1_0 where c1_0.region='EU' order by 1 fetch first 2 rows only for update skip locked

select o1_0.id,c1_0.id from orders o1_0 join customers c1_0 on c1_0.id=o1_0.customer_id where o1_0.status='new' order by 1 for share of o1_0

-- optimistic lock check
-- $ 00000000-0000-4000-8000-000000000006
select t1_0.lock_version as version_ from tickets t1_0 where t1_0.id=$1

-- sequences
select nextval('tickets_number_seq')

-- a native query
select "{c}".* from (select 1 as x) as "{c}"
