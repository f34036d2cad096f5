-- demo/data.sql: about four and a half million rows, the same at each load
--
-- Loads all tables, or with "-v part=1" and "-v part=2" one half each, for two
-- sessions side by side.  TRUNCATE and INSERT in one transaction spare the
-- write-ahead log under wal_level = minimal.

\set ON_ERROR_STOP on
\if :{?part}
\else
	\set part all
\endif
SELECT :'part' IN ('all', '1') AS part1, :'part' IN ('all', '2') AS part2 \gset

SET search_path = shop, generator;
SET timezone = 'UTC';
SET synchronous_commit = off;
SET jit = off;
SET client_min_messages = warning;

\if :part1

BEGIN;
TRUNCATE tenants, users, addresses;
INSERT INTO tenants (id, slug, name, plan, settings, created_at)
SELECT n, 'shop-' || n, last_name(n) || ' & Co. ' || n,
       CASE WHEN n <= 10 THEN 'enterprise' WHEN n <= 80 THEN 'business' ELSE 'starter' END,
       json_build_object('theme', pick('{light,dark}', uniform(8, n)), 'language', pick('{de,fr,en}', uniform(9, n))),
       timestamp '2022-06-01' + interval '1 day' * floor(n * 1.5)
  FROM generate_series(1, tenants()) n;

INSERT INTO users (id, tenant_id, email, first_name, last_name, roles, status, created_at, last_login_at, login_count, deleted_at)
SELECT n, tenant_of_user(n), email(n), first_name(n), last_name(n),
       pick('{buyer,"buyer,newsletter","buyer,newsletter,beta","buyer,admin"}', power(uniform(10, n), 2.5)),
       CASE WHEN uniform(11, n) < 0.03 THEN 'deleted' WHEN uniform(11, n) < 0.06 THEN 'blocked' ELSE 'active' END,
       created_at,
       created_at + (today() - created_at) * power(uniform(12, n), 0.3),
       floor(200 * power(uniform(13, n), 4))::integer,
       CASE WHEN uniform(11, n) < 0.03 THEN created_at + (today() - created_at) * uniform(14, n) END
  FROM (SELECT n, timestamp '2022-06-01' + interval '1 second' * floor(97000000 * (n / users()::float8)) AS created_at
          FROM generate_series(1, users()) n
        OFFSET 0) u;

-- Each user has the address of the same number; a quarter has a second one.
INSERT INTO addresses (id, user_id, street, zip, city, country, country_name, is_default)
SELECT a.n, a.user_id, last_name(a.n * 7) || ' street ' || 1 + floor(120 * uniform(15, a.n)),
       zip_of_user(a.user_id), c.name, c.country, c.country_name, a.n <= users()
  FROM (SELECT n, CASE WHEN n <= users() THEN n ELSE 1 + floor(users() * uniform(16, n))::bigint END AS user_id
          FROM generate_series(1, users() * 5 / 4) n
        OFFSET 0) a
  JOIN city c ON c.id = city_of_user(a.user_id);
COMMIT;

BEGIN;
TRUNCATE order_items;
INSERT INTO order_items (id, order_id, product_id, product_name, quantity, unit_price, line_total)
SELECT 2040000000 + order_id * 4 + k - 4, order_id, product_id, product_name(product_id), quantity,
       unit_price, unit_price * quantity
  FROM (SELECT order_id, k, product_id, product_price(product_id) AS unit_price,
               1 + floor(3 * power(uniform(18, order_id * 4 + k), 3))::integer AS quantity
          FROM (SELECT order_id, k, product_of(tenant, uniform(17, order_id * 4 + k)) AS product_id
                  FROM (SELECT n AS order_id, tenant_of_user(user_of_order(n)) AS tenant,
                               generate_series(1, lines_of_order(n)) AS k
                          FROM generate_series(1, orders()) n
                        OFFSET 0) o
                OFFSET 0) p
        OFFSET 0) i;
COMMIT;

BEGIN;
TRUNCATE payments, invoices;
INSERT INTO payments (id, order_id, method, status, amount, provider_ref, created_at)
SELECT n, n, pick('{card,card,card,paypal,transfer,voucher}', uniform(20, n)),
       CASE WHEN uniform(21, n) < 0.03 THEN 'failed' WHEN uniform(21, n) < 0.05 THEN 'refunded' ELSE 'settled' END,
       round((10 + 400 * power(uniform(22, n), 2))::numeric, 2)::text,
       'ch_' || to_hex(hashint8extended(n, 23)),
       time_of_order(n) + interval '1 minute' * (2 + 600 * power(uniform(24, n), 6))
  FROM generate_series(1, orders()) n
 WHERE status_of_order(n) NOT IN ('pending', 'cancelled');

INSERT INTO invoices (id, order_id, tenant_id, number, issued_on, due_on, paid, amount)
SELECT n, n, tenant_of_user(user_of_order(n)), 'INV-' || 10000000 + n,
       time_of_order(n)::date, time_of_order(n)::date + 14,
       uniform(25, n) > 0.015, round((10 + 400 * power(uniform(22, n), 2))::numeric, 2)
  FROM generate_series(1, orders()) n
 WHERE status_of_order(n) <> 'cancelled' AND uniform(26, n) < 0.8;
COMMIT;

BEGIN;
TRUNCATE reviews, tickets, ticket_messages;
INSERT INTO reviews (id, product_id, user_id, rating, title, body, created_at)
SELECT n, product_of(zipf(tenants(), uniform(30, n)), uniform(31, n)), user_of_order(n * 3),
       5 - floor(5 * power(uniform(32, n), 2.5))::integer,
       pick('{Great,Good,As described,Fine,Disappointing,Broken}', power(uniform(33, n), 1.5)),
       repeat('Works as expected so far. ', 1 + floor(5 * uniform(34, n))::integer),
       today() - interval '1 second' * floor(78000000 * power(1 - n / 120001.0::float8, 1.4))
  FROM generate_series(1, 120000) n;

INSERT INTO tickets (id, tenant_id, user_id, order_id, assignee_id, status, priority, subject, created_at, closed_at)
SELECT n, tenant_of_user(user_id), user_id, n * 6,
       CASE WHEN uniform(40, n) < 0.9 THEN zipf(200, uniform(41, n)) END,
       CASE WHEN n > 58500 OR uniform(42, n) < 0.01 THEN pick('{open,open,waiting}', uniform(43, n)) ELSE 'closed' END,
       1 + floor(4 * power(uniform(44, n), 0.5))::integer,
       pick('{Where is my order,Wrong item,Refund,Invoice missing,Damaged parcel,Change address,Login fails}', uniform(45, n)),
       created_at, CASE WHEN n <= 58500 THEN created_at + interval '1 hour' * (1 + 90 * power(uniform(46, n), 2)) END
  FROM (SELECT n, user_of_order(n * 6) AS user_id, time_of_order(n * 6) + interval '3 days' AS created_at
          FROM generate_series(1, 60000) n
        OFFSET 0) t;

INSERT INTO ticket_messages (id, ticket_id, author_id, body, created_at)
SELECT row_number() OVER (), n, CASE WHEN k % 2 = 1 THEN user_of_order(n * 6) ELSE zipf(200, uniform(41, n)) END,
       repeat('Thank you for your message. ', 1 + floor(6 * uniform(47, n * 8 + k))::integer),
       time_of_order(n * 6) + interval '3 days' + interval '5 hours' * k
  FROM (SELECT n, generate_series(1, 1 + floor(6 * power(uniform(48, n), 1.3))::integer) AS k
          FROM generate_series(1, 60000) n
        OFFSET 0) m;
COMMIT;

\endif

\if :part2

BEGIN;
TRUNCATE orders;
INSERT INTO orders (id, tenant_id, user_id, address_id, coupon_id, number, status, currency, total, placed_at,
                    paid_at, shipped_at, customer_email, shipping_zip, shipping_city, shipping_country, note)
SELECT o.n, o.tenant, o.user_id, o.user_id,
       CASE WHEN uniform(50, o.n) < 0.1 THEN 1 + (o.tenant * 4 + floor(4 * uniform(51, o.n))::integer) % 2000 END,
       'SO-' || to_char(o.placed_at, 'YYYYMM') || '-' || o.n, o.status,
       CASE WHEN o.tenant % 7 = 0 THEN 'CHF' ELSE 'EUR' END,
       (SELECT sum(product_price(product_of(o.tenant, uniform(17, o.n * 4 + k)))
                   * (1 + floor(3 * power(uniform(18, o.n * 4 + k), 3))::integer))
          FROM generate_series(1, lines_of_order(o.n)) k),
       o.placed_at,
       CASE WHEN o.status NOT IN ('pending', 'cancelled') THEN o.placed_at + interval '1 minute' * (2 + 600 * power(uniform(24, o.n), 6)) END,
       CASE WHEN o.status IN ('shipped', 'delivered', 'returned') THEN o.placed_at + interval '1 hour' * (20 + 70 * uniform(52, o.n)) END,
       email(o.user_id), zip_of_user(o.user_id), c.name, c.country,
       CASE WHEN uniform(53, o.n) < 0.04 THEN 'please ring twice' END
  FROM (SELECT n, user_id, tenant_of_user(user_id) AS tenant, status_of_order(n) AS status,
               date_trunc('second', time_of_order(n)) AS placed_at
          FROM (SELECT n, user_of_order(n) AS user_id
                  FROM generate_series(1, orders()) n
                OFFSET 0) u
        OFFSET 0) o
  JOIN city c ON c.id = city_of_user(o.user_id);
COMMIT;

BEGIN;
TRUNCATE categories, products, product_attributes, warehouses, inventory;
INSERT INTO categories (id, parent_id, name, position)
SELECT n, CASE WHEN n > 12 THEN 1 + (n - 1) % 12 END, 'Category ' || n, n % 10
  FROM generate_series(1, 150) n;

INSERT INTO products (id, tenant_id, category_id, sku, name, description, price, tags, attributes, is_deleted, created_at, updated_at)
SELECT n, tenant_of_product(n), 1 + floor(150 * power(uniform(60, n), 2))::integer, 'SKU-' || lpad(n::text, 6, '0'),
       product_name(n), repeat('Made to last. ', 2 + floor(12 * uniform(61, n))::integer),
       product_price(n), pick('{sale,"sale,new","new,home","home,garden,outdoor",office}', uniform(62, n)),
       jsonb_build_object('brand', pick('{Acme,Borealis,Corvo,Dune,Ember,Flint,Gale,Harbor}', power(uniform(63, n), 2)),
                          'color', pick('{black,white,red,blue,green,grey}', uniform(64, n)),
                          'weight_g', 50 + floor(4000 * power(uniform(65, n), 3))),
       uniform(66, n) < 0.08,
       timestamp '2022-06-01' + interval '1 hour' * floor(20000 * uniform(67, n)),
       today() - interval '1 hour' * floor(4000 * uniform(68, n))
  FROM generate_series(1, products()) n;

INSERT INTO product_attributes (id, product_id, attribute, value)
SELECT (n - 1) * 5 + k, n, (ARRAY['material', 'size', 'origin', 'warranty_months', 'energy_class'])[k],
       CASE k WHEN 1 THEN pick('{wood,steel,cotton,plastic,glass}', uniform(69, n))
              WHEN 2 THEN pick('{S,M,L,XL}', uniform(70, n))
              WHEN 3 THEN pick('{DE,CN,PT,PL,VN}', uniform(71, n))
              WHEN 4 THEN (12 * (1 + floor(3 * uniform(72, n))))::text
              ELSE pick('{A,B,C,D}', uniform(73, n)) END
  FROM generate_series(1, products()) n, generate_series(1, 5) k;

INSERT INTO warehouses (id, name, country)
SELECT id, name || ' depot', country
  FROM city
 WHERE id <= 12;

INSERT INTO inventory (product_id, warehouse_id, quantity, reserved, updated_at)
SELECT n, 1 + (n + k * 5) % 12, floor(300 * power(uniform(74, n * 4 + k), 2))::integer, 0,
       today() - interval '1 minute' * floor(90000 * uniform(75, n * 4 + k))
  FROM generate_series(1, products()) n, generate_series(1, 3) k;
COMMIT;

BEGIN;
TRUNCATE events, sessions, audit_log;
INSERT INTO events (id, tenant_id, user_id, kind, payload, occurred_at)
SELECT n, tenant_of_user(user_id), CASE WHEN uniform(80, n) < 0.8 THEN user_id END,
       pick('{page_view,page_view,page_view,page_view,page_view,search,search,cart_add,checkout,login}', uniform(81, n)),
       CASE WHEN uniform(82, n) < 0.02
            THEN jsonb_build_object('page', '/p/' || zipf(20000, uniform(83, n)), 'ms', floor(900 * power(uniform(84, n), 4)),
                                    'campaign', 'c' || zipf(300, uniform(85, n)))
            ELSE jsonb_build_object('page', '/p/' || zipf(20000, uniform(83, n)), 'ms', floor(900 * power(uniform(84, n), 4)))
       END,
       today() - interval '1 second' * floor(7776000 * (1 - power(n / 900001.0::float8, 0.8)))
  FROM (SELECT n, user_of_order(n * 11) AS user_id
          FROM generate_series(1, 900000) n
        OFFSET 0) e;

INSERT INTO sessions (id, user_id, user_agent, ip, started_at, expires_at)
SELECT md5('session ' || n)::uuid, user_of_order(n * 13),
       pick('{Firefox,Chrome,Safari,Edge}', uniform(86, n)) || '/' || 90 + floor(40 * uniform(87, n)),
       '10.0.0.0'::inet + floor(16000000 * uniform(88, n))::bigint, started_at, started_at + interval '30 days'
  FROM (SELECT n, today() - interval '1 second' * floor(7776000 * (1 - n / 100001.0)) AS started_at
          FROM generate_series(1, 100000) n
        OFFSET 0) s;

INSERT INTO audit_log (tenant_id, actor_id, object_type, object_id, action, changes, created_at)
SELECT zipf(tenants(), uniform(90, n)), zipf(200, uniform(91, n)),
       object_type, zipf(CASE object_type WHEN 'order' THEN 400000 WHEN 'product' THEN 20000 ELSE 120000 END, power(uniform(92, n), 0.5)),
       pick('{update,update,update,create,delete}', uniform(93, n)),
       jsonb_build_object('field', pick('{status,price,name,note}', uniform(94, n)), 'by', 'backoffice'),
       today() - interval '1 second' * floor(70000000 * (1 - n / 250001.0))
  FROM (SELECT n, pick('{order,order,order,product,user}', uniform(95, n)) AS object_type
          FROM generate_series(1, 250000) n
        OFFSET 0) a;
COMMIT;

BEGIN;
TRUNCATE shipments, coupons, coupon_redemptions, attachments;
INSERT INTO shipments (id, order_id, address_id, warehouse_id, carrier, tracking, status, shipped_at, delivered_at)
SELECT n, n, user_of_order(n), zipf(12, uniform(100, n)), pick('{DHL,DHL,UPS,GLS,DPD}', uniform(104, n)),
       'TR' || upper(to_hex(hashint8extended(n, 105))),
       CASE status_of_order(n) WHEN 'shipped' THEN 'in_transit' ELSE 'delivered' END,
       time_of_order(n) + interval '1 hour' * (20 + 70 * uniform(52, n)),
       CASE WHEN status_of_order(n) <> 'shipped' THEN time_of_order(n) + interval '1 hour' * (50 + 120 * uniform(106, n)) END
  FROM generate_series(1, orders()) n
 WHERE status_of_order(n) IN ('shipped', 'delivered', 'returned');

INSERT INTO coupons (id, tenant_id, code, percent_off, valid_until)
SELECT n, 1 + (n - 1) / 4, 'SAVE' || n, 5 * (1 + n % 6), date '2025-01-01' + (n % 400)
  FROM generate_series(1, 2000) n;

INSERT INTO coupon_redemptions (id, coupon_id, order_id, redeemed_at)
SELECT n, 1 + (tenant_of_user(user_of_order(n)) * 4 + floor(4 * uniform(51, n))::integer) % 2000, n, time_of_order(n)
  FROM generate_series(1, orders()) n
 WHERE uniform(50, n) < 0.1;

INSERT INTO attachments (id, owner_type, owner_id, file_name, bytes, created_at)
SELECT n, owner_type, 1 + floor(CASE owner_type WHEN 'order' THEN 400000 WHEN 'product' THEN 20000 ELSE 60000 END * uniform(107, n)),
       'file' || n || '.pdf', 2000 + floor(900000 * power(uniform(108, n), 3)),
       today() - interval '1 second' * floor(70000000 * (1 - n / 40001.0))
  FROM (SELECT n, pick('{order,product,ticket,ticket}', uniform(109, n)) AS owner_type
          FROM generate_series(1, 40000) n
        OFFSET 0) a;
COMMIT;

BEGIN;
TRUNCATE jobs, product_metrics, customer_profiles;
INSERT INTO jobs (id, queue, state, payload, attempts, run_at, finished_at)
SELECT n, pick('{mail,mail,mail,export,webhook,image}', uniform(120, n)),
       CASE WHEN n > 96000 THEN 'pending' WHEN uniform(121, n) < 0.01 THEN 'failed' ELSE 'done' END,
       jsonb_build_object('template', pick('{receipt,welcome,reminder}', uniform(122, n)), 'user', zipf(120000, uniform(123, n))),
       1 + floor(2 * power(uniform(124, n), 6))::integer, run_at,
       CASE WHEN n <= 96000 THEN run_at + interval '2 seconds' END
  FROM (SELECT n, today() - interval '1 second' * floor(2592000 * (1 - n / 100001.0)) AS run_at
          FROM generate_series(1, 100000) n
        OFFSET 0) j;

INSERT INTO product_metrics (product_id, day, views, cart_adds, purchases, revenue_cents, updated_at)
SELECT n, date '2025-06-30' - k, floor(500 * power(uniform(125, n * 4 + k), 5))::integer,
       floor(50 * power(uniform(126, n * 4 + k), 5))::integer, floor(10 * power(uniform(127, n * 4 + k), 5))::integer,
       floor(90000 * power(uniform(128, n * 4 + k), 5))::bigint, today() - interval '1 day' * k
  FROM generate_series(1, products()) n, generate_series(0, 3) k;

INSERT INTO customer_profiles (user_id, birthday, gender, language, locale, phone1, phone2, company, hobby1,
                               child1_name, child1_birthday, child2_name, child2_birthday, child3_name, child4_name,
                               newsletter, shirt_size, survey_q1, survey_q2, survey_q3, survey_q4, survey_q5, survey_q6,
                               survey_q7, survey_q8, survey_q9, survey_q10, survey_q11, survey_q12, credit_limit, referrer)
SELECT n, date '1950-01-01' + floor(20000 * uniform(130, n))::integer, pick('{f,m,d}', power(uniform(131, n), 1.4)),
       pick('{de,fr,en,es,it}', uniform(132, n)), pick('{de,fr,en,es,it}', uniform(132, n)),
       '+49 30 ' || floor(9000000 * uniform(133, n)), CASE WHEN uniform(134, n) < 0.05 THEN '+49 151 ' || n END,
       CASE WHEN uniform(135, n) < 0.04 THEN last_name(n * 3) || ' Ltd' END,
       CASE WHEN uniform(136, n) < 0.1 THEN pick('{chess,running,music}', uniform(137, n)) END,
       CASE WHEN children >= 1 THEN first_name(n * 5) END, CASE WHEN children >= 1 THEN date '2008-01-01' + n % 4000 END,
       CASE WHEN children >= 2 THEN first_name(n * 5 + 1) END, CASE WHEN children >= 2 THEN date '2010-01-01' + n % 3000 END,
       CASE WHEN children >= 3 THEN first_name(n * 5 + 2) END, CASE WHEN children >= 4 THEN first_name(n * 5 + 3) END,
       uniform(138, n) < 0.4, CASE WHEN uniform(139, n) < 0.05 THEN pick('{S,M,L}', uniform(140, n)) END,
       CASE WHEN answers THEN 1 + floor(5 * uniform(151, n))::integer END,
       CASE WHEN answers THEN 1 + floor(5 * uniform(152, n))::integer END,
       CASE WHEN answers THEN 1 + floor(5 * uniform(153, n))::integer END,
       CASE WHEN answers THEN 1 + floor(5 * uniform(154, n))::integer END,
       CASE WHEN answers THEN 1 + floor(5 * uniform(155, n))::integer END,
       CASE WHEN answers THEN 1 + floor(5 * uniform(156, n))::integer END,
       CASE WHEN answers THEN 1 + floor(5 * uniform(157, n))::integer END,
       CASE WHEN answers THEN 1 + floor(5 * uniform(158, n))::integer END,
       CASE WHEN answers THEN 1 + floor(5 * uniform(159, n))::integer END,
       CASE WHEN answers THEN 1 + floor(5 * uniform(160, n))::integer END,
       CASE WHEN answers THEN 1 + floor(5 * uniform(161, n))::integer END,
       CASE WHEN answers THEN 1 + floor(5 * uniform(162, n))::integer END,
       CASE WHEN uniform(144, n) < 0.02 THEN 5000 END, CASE WHEN uniform(145, n) < 0.1 THEN 'newsletter' END
  FROM (SELECT n, CASE WHEN uniform(146, n) < 0.25 THEN 1 + floor(4 * power(uniform(147, n), 1.5)) ELSE 0 END AS children,
               uniform(141, n) < 0.08 AS answers
          FROM generate_series(1, 30000) n
        OFFSET 0) p;
COMMIT;

\endif
