-- Fill the tables of TPC-DS; psql variable "scale" is the scale factor.
--
-- The tables exist and are empty, data.sql has been read.  Row counts, ranges,
-- key relations and the seasons of the sales follow the specification's tables
-- of scale factor 1; the values are our own, so results are not TPC-DS results.
-- Tables that the specification does not scale keep their size, except that
-- customer_demographics shrinks with a scale below 1: it would outweigh the
-- rest.  Facts lie in the order of their dates, as loaded day by day.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET jit = off;
SELECT bench.scaled(100000, :scale) AS customers,
	   bench.scaled(50000, :scale) AS addresses,
	   bench.scaled(18000, :scale, 100) AS items,
	   bench.scaled(1920800, LEAST(1, :scale), 70) AS cdemos,
	   bench.scaled(240000, :scale) AS tickets,
	   bench.scaled(160000, :scale) AS catalog_orders,
	   bench.scaled(60000, :scale) AS web_orders
\gset

-- Days on which something is sold, with their share of the year's orders from
-- "low" to "high": few from January to July, more until October, most before
-- the holidays.
CREATE TABLE bench.sale_day AS
SELECT day_sk,
	   (pg_catalog.sum(weight) OVER (ORDER BY day_sk) - weight) / total AS low,
	   pg_catalog.sum(weight) OVER (ORDER BY day_sk) / total AS high
  FROM (SELECT pg_catalog.to_char(day, 'J')::int AS day_sk,
			   CASE WHEN EXTRACT(month FROM day) < 8 THEN 1.0::float8
					WHEN EXTRACT(month FROM day) < 11 THEN 1.9 ELSE 3.1 END AS weight,
			   pg_catalog.sum(CASE WHEN EXTRACT(month FROM day) < 8 THEN 1.0::float8
								   WHEN EXTRACT(month FROM day) < 11 THEN 1.9 ELSE 3.1 END) OVER () AS total
		  FROM pg_catalog.generate_series('1998-01-02'::date, '2003-01-02', '1 day') day) d;

-- Lines of a sales channel: order, day and amounts in cents.  An order has few
-- to many lines.
CREATE FUNCTION bench.sale_lines(orders int, few int, many int, salt int)
RETURNS TABLE (day_sk int, number int, line int, key bigint, nulls bigint, item int, quantity bigint,
			   wholesale bigint, list bigint, sales bigint, coupon bigint, tax bigint, ship bigint)
LANGUAGE sql STABLE AS $$
	SELECT l.day_sk, l.number, l.line, l.key,
		   CASE WHEN bench.uniform(l.key, salt + 1) < 0.09
				THEN pg_catalog.hashint8extended(l.key, salt + 2) ELSE 0 END,
		   l.item, l.quantity, l.wholesale, l.list,
		   l.sales, l.coupon,
		   pg_catalog.floor((l.quantity * l.sales - l.coupon) * 0.01 * pg_catalog.floor(10 * bench.uniform(l.key, salt + 3)))::bigint,
		   pg_catalog.floor(l.quantity * l.list * 0.5 * bench.uniform(l.key, salt + 4))::bigint
	  FROM (SELECT m.*,
				   CASE WHEN bench.uniform(m.key, salt + 5) < 0.2
						THEN pg_catalog.floor(m.quantity * m.sales * bench.uniform(m.key, salt + 6))::bigint ELSE 0 END AS coupon
			  FROM (SELECT p.*,
						   pg_catalog.floor(p.list * (1 - bench.uniform(p.key, salt + 7)))::bigint AS sales
					  FROM (SELECT w.*,
								   pg_catalog.floor(w.wholesale * (1 + bench.uniform(w.key, salt + 8)))::bigint AS list
							  FROM (SELECT d.day_sk, o.number, n.line, o.number * 32::bigint + n.line AS key,
										   -- lines of one order have different items
										   1 + ((bench.skewed(x.items, 1.2, o.number, salt) + n.line * 7919) % x.items) AS item,
										   bench.one_of(100, o.number * 32::bigint + n.line, salt + 9)::bigint AS quantity,
										   99 + bench.one_of(9901, o.number * 32::bigint + n.line, salt + 10)::bigint AS wholesale
									  FROM bench.sale_day d,
										   (SELECT pg_catalog.count(*)::int AS items FROM item) x,
										   LATERAL pg_catalog.generate_series(pg_catalog.floor(d.low * orders)::int + 1,
																			  pg_catalog.floor(d.high * orders)::int) o(number),
										   LATERAL pg_catalog.generate_series(1, few - 1 + bench.one_of(many - few + 1, o.number, salt + 11)) n(line)
									 OFFSET 0) w
							 OFFSET 0) p
					 OFFSET 0) m
			 OFFSET 0) l
	 OFFSET 0
$$;

BEGIN;
INSERT INTO dbgen_version VALUES ('generator', CURRENT_DATE, '00:00', 'scale');

INSERT INTO date_dim
SELECT sk, bench.business_key(sk), day,
	   month_seq, (sk - 2415022) / 7 + 1, (y - 1900) * 4 + q, y, dow, m, d, q,
	   y, (y - 1900) * 4 + q, (sk - 2415022) / 7 + 1,
	   pg_catalog.to_char(day, 'FMDay'), y || 'Q' || q,
	   CASE WHEN (m, d) IN ((1, 1), (7, 4), (12, 25), (12, 26)) THEN 'Y' ELSE 'N' END,
	   CASE WHEN dow IN (0, 6) THEN 'Y' ELSE 'N' END,
	   CASE WHEN (m, d) IN ((1, 2), (7, 5), (12, 27)) THEN 'Y' ELSE 'N' END,
	   sk - d + 1, sk - d + EXTRACT(day FROM pg_catalog.date_trunc('month', day) + '1 month - 1 day')::int,
	   sk - 365, sk - 91, 'N', 'N', 'N', 'N', 'N'
  FROM (SELECT sk, day, EXTRACT(year FROM day)::int AS y, EXTRACT(month FROM day)::int AS m,
			   EXTRACT(day FROM day)::int AS d, EXTRACT(quarter FROM day)::int AS q,
			   EXTRACT(dow FROM day)::int AS dow,
			   ((EXTRACT(year FROM day) - 1900) * 12 + EXTRACT(month FROM day) - 1)::int AS month_seq
		  FROM pg_catalog.generate_series(2415022, 2415022 + 73048) sk,
			   LATERAL (SELECT '1900-01-02'::date + (sk - 2415022) AS day) x) v;

INSERT INTO time_dim
SELECT t, bench.business_key(t), t, h, t / 60 % 60, t % 60,
	   CASE WHEN h < 12 THEN 'AM' ELSE 'PM' END,
	   CASE WHEN h < 8 THEN 'third' WHEN h < 16 THEN 'first' ELSE 'second' END,
	   CASE WHEN h < 6 THEN 'night' WHEN h < 12 THEN 'morning' WHEN h < 18 THEN 'afternoon' ELSE 'evening' END,
	   CASE WHEN h BETWEEN 6 AND 8 THEN 'breakfast' WHEN h BETWEEN 11 AND 13 THEN 'lunch'
			WHEN h BETWEEN 17 AND 20 THEN 'dinner' END
  FROM pg_catalog.generate_series(0, 86399) t, LATERAL (SELECT t / 3600 AS h) x;

INSERT INTO income_band
SELECT i, CASE i WHEN 1 THEN 0 ELSE (i - 1) * 10000 + 1 END, i * 10000 FROM pg_catalog.generate_series(1, 20) i;

INSERT INTO household_demographics
SELECT i + 1, i % 20 + 1, ('{0-500,501-1000,1001-5000,5001-10000,>10000,Unknown}'::text[])[i / 20 % 6 + 1],
	   i / 120 % 10, i / 1200 % 6 - 1
  FROM pg_catalog.generate_series(0, 7199) i;

INSERT INTO customer_demographics
SELECT i + 1, ('{M,F}'::text[])[i % 2 + 1], ('{M,S,D,W,U}'::text[])[i / 2 % 5 + 1],
	   ('{Primary,Secondary,College,2 yr Degree,4 yr Degree,Advanced Degree,Unknown}'::text[])[i / 10 % 7 + 1],
	   (i / 70 % 20 + 1) * 500, ('{Good,Low Risk,High Risk,Unknown}'::text[])[i / 1400 % 4 + 1],
	   i / 5600 % 7, i / 39200 % 7, i / 274400 % 7
  FROM pg_catalog.generate_series(0, :cdemos - 1) i;

INSERT INTO reason
SELECT i, bench.business_key(i), 'reason ' || i FROM pg_catalog.generate_series(1, 35) i;

INSERT INTO ship_mode
SELECT i, bench.business_key(i), ('{EXPRESS,NEXT DAY,OVERNIGHT,REGULAR,TWO DAY,LIBRARY}'::text[])[i % 6 + 1],
	   ('{AIR,SURFACE,SEA}'::text[])[i % 3 + 1],
	   ('{UPS,FEDEX,AIRBORNE,USPS,DHL,TBS,ZHOU,ZOUROS,MSC,LATVIAN,ALLIANCE,ORIENTAL,BARIAN,BOXBUNDLES,GREAT EASTERN,DIAMOND,RUPEKSA,GERMA,HARMSTORF,PRIVATECARRIER}'::text[])[i],
	   bench.word(i * 7919)
  FROM pg_catalog.generate_series(1, 20) i;

INSERT INTO warehouse
SELECT i, bench.business_key(i), 'Warehouse ' || bench.word(i * 31), 50000 + bench.one_of(900000, i, 1),
	   i * 17, bench.word(i * 71), 'Street', 'Suite ' || i, 'Fairview', 'Williamson County', 'TN', '35709',
	   'United States', -5
  FROM pg_catalog.generate_series(1, 5) i;

-- Addresses: some cities, counties and states have many, most few.
INSERT INTO customer_address
SELECT i, bench.business_key(i), bench.one_of(1000, i, 1), bench.word(bench.skewed(3000, 2, i, 2)),
	   bench.pick('{Street,Avenue,Lane,Road,Drive,Court,Boulevard,Circle,Parkway,Way}', 1, i, 3),
	   'Suite ' || bench.one_of(100, i, 4),
	   CASE WHEN city <= 14 THEN ('{Midway,Fairview,Oak Grove,Five Points,Oakland,Woodland,Pleasant Hill,Centerville,Liberty,Salem,Riverside,Union,Bethel,Greenville}'::text[])[city]
			ELSE pg_catalog.initcap(bench.word(city)) END,
	   CASE WHEN county <= 8 THEN ('{Williamson,Fairfield,Campbell,Washtenaw,Escambia,Cleburne,Walker,Ziebach}'::text[])[county]
			ELSE pg_catalog.initcap(bench.word(county)) END || ' County',
	   bench.pick('{TX,GA,VA,KY,MO,KS,NC,IL,IA,TN,NE,OH,IN,MN,MS,AR,MI,AL,OK,CA,FL,PA,WI,LA,NY,CO,SD,WV,ND,MT,SC,ID,WA,OR,UT,ME,NM,MD,WY,NJ,NV,VT,AZ,MA,NH,AK,CT,DE,HI,RI,DC}', 1.4, i, 5),
	   pg_catalog.lpad(bench.scattered(9000, 1.3, i, 6)::text, 5, '1'), 'United States',
	   -5 - bench.skewed(6, 2, i, 7) + 1, bench.pick('{single family,apartment,condo}', 1, i, 8)
  FROM pg_catalog.generate_series(1, :addresses) i,
	   LATERAL (SELECT bench.skewed(1000, 2.2, i, 9) AS city, bench.skewed(1850, 1.1, i, 10) AS county) x;

INSERT INTO customer
SELECT i, bench.business_key(i),
	   CASE WHEN bench.uniform(i, 1) > 0.035 THEN bench.one_of(:cdemos, i, 2) END,
	   CASE WHEN bench.uniform(i, 3) > 0.035 THEN bench.one_of(7200, i, 4) END,
	   bench.one_of(:addresses, i, 5),
	   CASE WHEN bench.uniform(i, 6) > 0.035 THEN first_sale + 30 END, CASE WHEN bench.uniform(i, 6) > 0.035 THEN first_sale END,
	   bench.pick('{Dr.,Mr.,Mrs.,Ms.,Miss,Sir}', 1, i, 7),
	   pg_catalog.initcap(bench.word(bench.skewed(5000, 2, i, 8))), pg_catalog.initcap(bench.word(bench.skewed(5000, 1.6, i, 9) + 77)),
	   CASE WHEN bench.uniform(i, 10) < 0.5 THEN 'Y' ELSE 'N' END,
	   bench.one_of(28, i, 11), bench.one_of(12, i, 12), 1924 + bench.one_of(68, i, 13),
	   pg_catalog.upper(bench.word(bench.one_of(210, i, 14) + 500)), NULL,
	   bench.word(i) || '@' || bench.word(bench.one_of(8000, i, 15)) || '.org', 2452283 + bench.one_of(366, i, 16)
  FROM pg_catalog.generate_series(1, :customers) i,
	   LATERAL (SELECT 2448998 + bench.one_of(3650, i, 17) AS first_sale) x;

-- Items: a business key has one or more revisions; brand follows class follows
-- category.
INSERT INTO item
SELECT i, bench.business_key(i / 2), '1997-10-27'::date + i % 2 * 1000, CASE i % 2 WHEN 0 THEN '2000-07-23'::date END,
	   pg_catalog.left(pg_catalog.repeat(bench.word(bench.one_of(150000, i, 1)) || ' ', bench.one_of(20, i, 2)), 200),
	   (9 + 10000 * pg_catalog.power(bench.uniform(i, 3), 3))::int * 0.01,
	   (5 + 7000 * pg_catalog.power(bench.uniform(i, 3), 3))::int * 0.01,
	   category * 1000000 + class * 1000 + brand, syllable[category] || syllable[(class + category) % 10 + 1]
		   || CASE WHEN category IN (6, 9, 10) THEN 'amalg' ELSE '' END || ' #' || brand,
	   class, classes[class], category, ('{Women,Men,Children,Shoes,Music,Jewelry,Home,Sports,Books,Electronics}'::text[])[category],
	   manufact, bench.word(manufact), bench.pick('{N/A,medium,petite,extra large,small,large,economy}', 1, i, 4),
	   bench.word(bench.one_of(150000, i, 5)),
	   bench.pick('{almond,antique,aquamarine,azure,beige,bisque,black,blanched,blue,blush,brown,burlywood,burnished,chartreuse,chiffon,chocolate,coral,cornflower,cornsilk,cream,cyan,dark,deep,dim,dodger,drab,firebrick,floral,forest,frosted,gainsboro,ghost,goldenrod,green,grey,honeydew,hot,indian,ivory,khaki,lace,lavender,lawn,lemon,light,lime,linen,magenta,maroon,medium,metallic,midnight,mint,misty,moccasin,navajo,navy,olive,orange,orchid,pale,papaya,peach,peru,pink,plum,powder,puff,purple,red,rose,rosy,royal,saddle,salmon,sandy,seashell,sienna,sky,slate,smoke,snow,spring,steel,tan,thistle,tomato,turquoise,violet,wheat,white,yellow}', 1.1, i, 6),
	   bench.pick('{Unknown,Each,Dozen,Case,Pallet,Gross,Carton,Box,Bunch,Bundle,Oz,Lb,Ton,Ounce,Pound,Tsp,Tbl,Cup,Dram,Gram,N/A}', 1, i, 7),
	   'Unknown', bench.skewed(100, 1.2, i, 8), bench.word(i)
  FROM pg_catalog.generate_series(1, :items) i,
	   LATERAL (SELECT bench.one_of(10, i, 9) AS category, bench.skewed(16, 1.1, i, 10) AS class, bench.one_of(17, i, 11) AS brand,
					   bench.skewed(1000, 1.3, i, 12) AS manufact,
					   '{amalg,importo,edu pack,exporti,corp,scholar,brand,univ,scholaramalg,exportiuniv}'::text[] AS syllable,
					   '{accessories,classical,fragrances,pants,personal,portable,reference,self-help,history,school-uniforms,audio,tennis,womens,country,dresses,swimwear}'::text[] AS classes) x;

INSERT INTO store
SELECT i, bench.business_key(i / 2), '1997-03-13'::date + i % 2 * 1096, CASE i % 2 WHEN 0 THEN '2000-03-12'::date END, NULL,
	   ('{ese,ought,able,pri,bar,anti}'::text[])[i % 6 + 1], 200 + bench.one_of(100, i, 1), 5000000 + bench.one_of(5000000, i, 2),
	   ('{8AM-4PM,8AM-8AM,8AM-12AM}'::text[])[i % 3 + 1], bench.word(i * 5501), bench.one_of(10, i, 3), 'Unknown',
	   pg_catalog.repeat(bench.word(i * 77) || ' ', 6), bench.word(i * 3301), 1, 'Unknown', 1, 'Unknown', i * 91,
	   bench.word(i * 19), 'Lane', 'Suite ' || i, ('{Midway,Fairview}'::text[])[i % 4 / 3 + 1], 'Williamson County', 'TN', '31904',
	   'United States', -5, i % 12 * 0.01
  FROM pg_catalog.generate_series(1, 12) i;

INSERT INTO call_center
SELECT i, bench.business_key(i / 2), '1998-01-01'::date + i % 2 * 1000, NULL, NULL, 2450876 + i,
	   ('{NY Metro,Mid Atlantic,North Midwest}'::text[])[i / 2], 'large', i * 100, i * 1000, '8AM-4PM', bench.word(i * 7001),
	   i, 'more', 'others', bench.word(i * 81), 1, 'pri', 1, 'able', i * 10, bench.word(i * 13), 'Way', 'Suite ' || i,
	   'Midway', 'Williamson County', 'TN', '31904', 'United States', -5, i * 0.01
  FROM pg_catalog.generate_series(1, 6) i;

INSERT INTO web_site
SELECT i, bench.business_key(i / 2), '1997-08-16'::date + i % 2 * 1000, NULL, 'site_' || i / 6, 2450807 - i, NULL, 'Unknown',
	   bench.word(i * 41), i % 6 + 1, 'class', 'market', bench.word(i * 37), i % 6 + 1,
	   ('{pri,able,ought,ese,anti,cally}'::text[])[i % 6 + 1], i * 3, bench.word(i), 'Road', 'Suite ' || i, 'Midway',
	   'Williamson County', 'TN', '31904', 'United States', -5, i % 12 * 0.01
  FROM pg_catalog.generate_series(1, 30) i;

INSERT INTO web_page
SELECT i, bench.business_key(i / 2), '1997-09-03'::date + i % 2 * 1000, NULL, 2450810 + i % 5, 2452620 + i % 100,
	   CASE WHEN i % 3 = 0 THEN 'Y' ELSE 'N' END, CASE WHEN i % 3 = 0 THEN bench.one_of(:customers, i, 1) END,
	   'http://www.foo.com', ('{welcome,protected,dynamic,feedback,general,ad,order}'::text[])[i % 7 + 1],
	   100 + bench.one_of(8000, i, 2), bench.one_of(25, i, 3), bench.one_of(7, i, 4), bench.one_of(4, i, 5)
  FROM pg_catalog.generate_series(1, 60) i;

INSERT INTO promotion
SELECT i, bench.business_key(i), 2450100 + bench.one_of(800, i, 1), 2450200 + bench.one_of(800, i, 1), bench.one_of(:items, i, 2),
	   1000, 1, ('{ought,able,pri,ese,anti,cally,ation,eing,n st,bar}'::text[])[i % 10 + 1],
	   CASE i % 2 WHEN 0 THEN 'Y' ELSE 'N' END, 'N', 'N', CASE WHEN i % 33 = 0 THEN 'Y' ELSE 'N' END, 'N', 'N', 'N', 'N',
	   pg_catalog.repeat(bench.word(i * 101) || ' ', 6), 'Unknown', 'N'
  FROM pg_catalog.generate_series(1, 300) i;

INSERT INTO catalog_page
SELECT i, bench.business_key(i), 2450815 + i / 108 * 15, 2450815 + i / 108 * 15 + 90, 'DEPARTMENT', i / 108 + 1, i % 108 + 1,
	   pg_catalog.repeat(bench.word(i * 7) || ' ', 6), ('{bi-annual,quarterly,monthly}'::text[])[i % 3 + 1]
  FROM pg_catalog.generate_series(1, 11718) i;

-- Each week every second item, the revision then in force, in every warehouse.
INSERT INTO inventory
SELECT 2450815 + week * 7, 2 * half - CASE WHEN week < 130 THEN 1 ELSE 0 END, house,
	   CASE WHEN u > 0.05 THEN (1000 * (u - 0.05) / 0.95)::int END
  FROM pg_catalog.generate_series(0, 260) week, pg_catalog.generate_series(1, :items / 2) half,
	   pg_catalog.generate_series(1, 5) house,
	   LATERAL (SELECT bench.uniform((week * 1000000::bigint + half) * 8 + house, 1) AS u) x;
COMMIT;

-- What belongs to an order is the same on all its lines: hashes of its number.
BEGIN;
INSERT INTO store_sales
SELECT CASE WHEN nulls & 1 = 0 THEN day_sk END,
	   CASE WHEN nulls & 2 = 0 THEN 28800 + bench.one_of(46800, number, 1) END, item,
	   CASE WHEN nulls & 4 = 0 THEN bench.scattered(:customers, 1.1, number, 2) END,
	   CASE WHEN nulls & 8 = 0 THEN bench.one_of(:cdemos, number, 3) END,
	   CASE WHEN nulls & 16 = 0 THEN bench.one_of(7200, number, 4) END,
	   CASE WHEN nulls & 32 = 0 THEN bench.one_of(:addresses, number, 5) END,
	   CASE WHEN nulls & 64 = 0 THEN 2 * bench.one_of(6, number, 6) END,
	   CASE WHEN nulls & 128 = 0 THEN bench.one_of(300, key, 7) END, number,
	   CASE WHEN nulls & 256 = 0 THEN quantity END, CASE WHEN nulls & 512 = 0 THEN wholesale * 0.01 END,
	   CASE WHEN nulls & 1024 = 0 THEN list * 0.01 END, CASE WHEN nulls & 2048 = 0 THEN sales * 0.01 END,
	   quantity * (list - sales) * 0.01, quantity * sales * 0.01, quantity * wholesale * 0.01, quantity * list * 0.01,
	   tax * 0.01, coupon * 0.01, (quantity * sales - coupon) * 0.01, (quantity * sales - coupon + tax) * 0.01,
	   (quantity * (sales - wholesale) - coupon) * 0.01
  FROM bench.sale_lines(:tickets, 8, 16, 100);

INSERT INTO catalog_sales
SELECT CASE WHEN nulls & 1 = 0 THEN day_sk END, CASE WHEN nulls & 2 = 0 THEN bench.one_of(86400, number, 1) - 1 END,
	   CASE WHEN nulls & 4 = 0 THEN day_sk + 1 + bench.one_of(89, key, 2) END,
	   CASE WHEN nulls & 8 = 0 THEN customer END, CASE WHEN nulls & 16 = 0 THEN cdemo END,
	   CASE WHEN nulls & 32 = 0 THEN hdemo END, CASE WHEN nulls & 64 = 0 THEN address END,
	   CASE WHEN same THEN customer ELSE bench.one_of(:customers, number, 3) END,
	   CASE WHEN same THEN cdemo ELSE bench.one_of(:cdemos, number, 4) END,
	   CASE WHEN same THEN hdemo ELSE bench.one_of(7200, number, 5) END,
	   CASE WHEN same THEN address ELSE bench.one_of(:addresses, number, 6) END,
	   bench.one_of(6, number, 7), CASE WHEN nulls & 128 = 0 THEN bench.one_of(11718, key, 8) END,
	   bench.one_of(20, key, 9), CASE WHEN nulls & 256 = 0 THEN bench.one_of(5, key, 10) END, item,
	   CASE WHEN nulls & 512 = 0 THEN bench.one_of(300, key, 11) END, number,
	   CASE WHEN nulls & 1024 = 0 THEN quantity END, wholesale * 0.01, list * 0.01, sales * 0.01,
	   quantity * (list - sales) * 0.01, quantity * sales * 0.01, quantity * wholesale * 0.01, quantity * list * 0.01,
	   tax * 0.01, coupon * 0.01, ship * 0.01, (quantity * sales - coupon) * 0.01, (quantity * sales - coupon + tax) * 0.01,
	   (quantity * sales - coupon + ship) * 0.01, (quantity * sales - coupon + ship + tax) * 0.01,
	   (quantity * (sales - wholesale) - coupon) * 0.01
  FROM bench.sale_lines(:catalog_orders, 4, 14, 200) l,
	   LATERAL (SELECT bench.one_of(:customers, l.number, 12) AS customer, bench.one_of(:cdemos, l.number, 13) AS cdemo,
					   bench.one_of(7200, l.number, 14) AS hdemo, bench.one_of(:addresses, l.number, 15) AS address,
					   bench.uniform(l.number, 16) < 0.85 AS same OFFSET 0) o;

INSERT INTO web_sales
SELECT CASE WHEN nulls & 1 = 0 THEN day_sk END, CASE WHEN nulls & 2 = 0 THEN bench.one_of(86400, number, 21) - 1 END,
	   CASE WHEN nulls & 4 = 0 THEN day_sk + 1 + bench.one_of(119, key, 22) END, item,
	   CASE WHEN nulls & 8 = 0 THEN customer END, CASE WHEN nulls & 16 = 0 THEN cdemo END,
	   CASE WHEN nulls & 32 = 0 THEN hdemo END, CASE WHEN nulls & 64 = 0 THEN address END,
	   CASE WHEN same THEN customer ELSE bench.one_of(:customers, number, 23) END,
	   CASE WHEN same THEN cdemo ELSE bench.one_of(:cdemos, number, 24) END,
	   CASE WHEN same THEN hdemo ELSE bench.one_of(7200, number, 25) END,
	   CASE WHEN same THEN address ELSE bench.one_of(:addresses, number, 26) END,
	   CASE WHEN nulls & 128 = 0 THEN bench.one_of(60, key, 27) END, bench.one_of(30, key, 28),
	   bench.one_of(20, key, 29), CASE WHEN nulls & 256 = 0 THEN bench.one_of(5, key, 30) END,
	   CASE WHEN nulls & 512 = 0 THEN bench.one_of(300, key, 31) END, number,
	   CASE WHEN nulls & 1024 = 0 THEN quantity END, wholesale * 0.01, list * 0.01, sales * 0.01,
	   quantity * (list - sales) * 0.01, quantity * sales * 0.01, quantity * wholesale * 0.01, quantity * list * 0.01,
	   tax * 0.01, coupon * 0.01, ship * 0.01, (quantity * sales - coupon) * 0.01, (quantity * sales - coupon + tax) * 0.01,
	   (quantity * sales - coupon + ship) * 0.01, (quantity * sales - coupon + ship + tax) * 0.01,
	   (quantity * (sales - wholesale) - coupon) * 0.01
  FROM bench.sale_lines(:web_orders, 8, 16, 300) l,
	   LATERAL (SELECT bench.one_of(:customers, l.number, 32) AS customer, bench.one_of(:cdemos, l.number, 33) AS cdemo,
					   bench.one_of(7200, l.number, 34) AS hdemo, bench.one_of(:addresses, l.number, 35) AS address,
					   bench.uniform(l.number, 36) < 0.85 AS same OFFSET 0) o;
COMMIT;

-- Of ten lines one comes back, some or all of it, mostly by who bought it.
BEGIN;
INSERT INTO store_returns
SELECT ss_sold_date_sk + bench.one_of(90, key, 41), 28800 + bench.one_of(32400, key, 42), ss_item_sk,
	   CASE WHEN bench.uniform(key, 43) < 0.8 THEN ss_customer_sk ELSE bench.one_of(:customers, key, 44) END,
	   ss_cdemo_sk, ss_hdemo_sk, ss_addr_sk, ss_store_sk, bench.skewed(35, 1.2, key, 45), ss_ticket_number, back,
	   back * ss_sales_price, back * ss_sales_price * 0.05, back * ss_sales_price * 1.05, 0.5 + bench.one_of(9950, key, 46) * 0.01,
	   back * ss_list_price * 0.2, back * ss_sales_price * 0.6, back * ss_sales_price * 0.3, back * ss_sales_price * 0.1,
	   back * ss_sales_price * 0.5 + 20
  FROM store_sales s,
	   LATERAL (SELECT s.ss_ticket_number * 100000::bigint + s.ss_item_sk AS key) k,
	   LATERAL (SELECT bench.one_of(s.ss_quantity, k.key, 47) AS back OFFSET 0) b
 WHERE bench.uniform(key, 48) < 0.0998;

INSERT INTO catalog_returns
SELECT cs_ship_date_sk + bench.one_of(90, key, 51), bench.one_of(86400, key, 52) - 1, cs_item_sk,
	   cs_bill_customer_sk, cs_bill_cdemo_sk, cs_bill_hdemo_sk, cs_bill_addr_sk,
	   CASE WHEN bench.uniform(key, 53) < 0.6 THEN cs_ship_customer_sk ELSE bench.one_of(:customers, key, 54) END,
	   cs_ship_cdemo_sk, cs_ship_hdemo_sk, CASE WHEN bench.uniform(key, 53) < 0.6 THEN cs_ship_addr_sk ELSE bench.one_of(:addresses, key, 55) END,
	   cs_call_center_sk, cs_catalog_page_sk, cs_ship_mode_sk, cs_warehouse_sk, bench.skewed(35, 1.2, key, 56), cs_order_number,
	   back, back * cs_sales_price, back * cs_sales_price * 0.05, back * cs_sales_price * 1.05,
	   0.5 + bench.one_of(9950, key, 57) * 0.01, back * cs_list_price * 0.2, back * cs_sales_price * 0.6,
	   back * cs_sales_price * 0.3, back * cs_sales_price * 0.1, back * cs_sales_price * 0.5 + 20
  FROM catalog_sales s,
	   LATERAL (SELECT s.cs_order_number * 100000::bigint + s.cs_item_sk AS key) k,
	   LATERAL (SELECT bench.one_of(s.cs_quantity, k.key, 58) AS back OFFSET 0) b
 WHERE bench.uniform(key, 59) < 0.1;

INSERT INTO web_returns
SELECT ws_ship_date_sk + bench.one_of(90, key, 61), bench.one_of(86400, key, 62) - 1, ws_item_sk,
	   ws_bill_customer_sk, ws_bill_cdemo_sk, ws_bill_hdemo_sk, ws_bill_addr_sk,
	   CASE WHEN bench.uniform(key, 63) < 0.6 THEN ws_ship_customer_sk ELSE bench.one_of(:customers, key, 64) END,
	   CASE WHEN bench.uniform(key, 63) < 0.6 THEN ws_bill_cdemo_sk ELSE ws_ship_cdemo_sk END,
	   ws_ship_hdemo_sk, ws_ship_addr_sk, ws_web_page_sk, bench.skewed(35, 1.2, key, 65), ws_order_number,
	   back, back * ws_sales_price, back * ws_sales_price * 0.05, back * ws_sales_price * 1.05,
	   0.5 + bench.one_of(9950, key, 66) * 0.01, back * ws_list_price * 0.2, back * ws_sales_price * 0.6,
	   back * ws_sales_price * 0.3, back * ws_sales_price * 0.1, back * ws_sales_price * 0.5 + 20
  FROM web_sales s,
	   LATERAL (SELECT s.ws_order_number * 100000::bigint + s.ws_item_sk AS key) k,
	   LATERAL (SELECT bench.one_of(s.ws_quantity, k.key, 67) AS back OFFSET 0) b
 WHERE bench.uniform(key, 68) < 0.1;
COMMIT;
DROP TABLE bench.sale_day CASCADE;
