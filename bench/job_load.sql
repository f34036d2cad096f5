-- Fill the tables of the Join Order Benchmark; psql variable "scale" is the
-- share of the published table sizes.
--
-- The tables exist and are empty, data.sql has been read.  The rows are made up:
-- popularity of movies, people, companies and keywords has a long tail, types
-- are as uneven as the real ones, gender goes with role, year with kind, note
-- with country, and what the queries look for occurs.  Costs and times say
-- nothing about the real data.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET jit = off;
SELECT bench.scaled(901343, :scale) AS aka_names,
	   bench.scaled(361472, :scale) AS aka_titles,
	   bench.scaled(36244344, :scale) AS casts,
	   bench.scaled(3140339, :scale) AS characters,
	   bench.scaled(234997, :scale, 30) AS companies,
	   bench.scaled(135086, :scale) AS complete_casts,
	   bench.scaled(134170, :scale, 60) AS keywords,
	   bench.scaled(2609129, :scale) AS movie_companies,
	   bench.scaled(14835720, :scale) AS movie_infos,
	   bench.scaled(1380035, :scale) AS movie_info_idxs,
	   bench.scaled(4523930, :scale) AS movie_keywords,
	   bench.scaled(29997, :scale) AS movie_links,
	   bench.scaled(4167491, :scale) AS names,
	   bench.scaled(2963664, :scale) AS person_infos,
	   bench.scaled(2528312, :scale) AS titles
\gset

-- A title or name of two or three words.
CREATE FUNCTION bench.phrase(key bigint, salt int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$SELECT pg_catalog.initcap(bench.word(bench.skewed(100000, 1.5, key, salt)) || ' '
							|| bench.word(bench.skewed(20000, 1.5, key, salt + 1)))$$;

-- A phonetic code such as B52, for nine of ten.
CREATE FUNCTION bench.sound(key bigint, salt int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$SELECT CASE WHEN bench.uniform(key, salt) < 0.9
			  THEN pg_catalog.chr(64 + bench.skewed(24, 1.2, key, salt + 1)) || bench.one_of(665, key, salt + 2) END$$;

-- The movie that a row is about: what is no episode is more popular, and a few
-- movies are known to all.
CREATE FUNCTION bench.movie(titles int, key bigint, salt int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$SELECT bench.scattered(titles, 1.35, key, salt)$$;

BEGIN;
INSERT INTO kind_type SELECT n, k FROM pg_catalog.unnest('{movie,tv series,tv movie,video movie,tv mini series,video game,episode}'::text[]) WITH ORDINALITY u(k, n);
INSERT INTO company_type SELECT n, k FROM pg_catalog.unnest('{distributors,production companies,special effects companies,miscellaneous companies}'::text[]) WITH ORDINALITY u(k, n);
INSERT INTO comp_cast_type SELECT n, k FROM pg_catalog.unnest('{cast,crew,complete,complete+verified}'::text[]) WITH ORDINALITY u(k, n);
INSERT INTO role_type SELECT n, k FROM pg_catalog.unnest('{actor,actress,producer,writer,cinematographer,composer,costume designer,director,editor,miscellaneous crew,production designer,guest}'::text[]) WITH ORDINALITY u(k, n);
INSERT INTO link_type SELECT n, k FROM pg_catalog.unnest('{follows,followed by,remake of,remade as,references,referenced in,spoofs,spoofed in,features,featured in,spin off from,spin off,version of,similar to,edited into,edited from,alternate language version of,unknown link}'::text[]) WITH ORDINALITY u(k, n);

-- 17 kinds of information about movies, 3 and 2 indexed ones, 9 about people,
-- and the many that hardly occur.
INSERT INTO info_type
SELECT n, COALESCE(known[n], 'info type ' || n)
  FROM pg_catalog.generate_series(1, 113) n,
	   (SELECT '{release dates,genres,countries,languages,color info,runtimes,sound mix,certificates,trivia,locations,quotes,plot,budget,tech info,taglines,goofs,soundtrack,votes distribution,votes,rating,top 250 rank,bottom 10 rank,mini biography,birth date,birth notes,height,spouse,other works,birth name,nick names}'::text[] AS known) k;

INSERT INTO title
SELECT i, CASE WHEN bench.uniform(i, 1) < 0.01
			   THEN bench.pick('{One Piece,Dragon Ball Z,Money,Birdemic,Movie,Champion,Loser,murder,Murder,Mord,Kung Fu Panda,Vampire,Shrek 2,Freddy,Jason,Saw}', 1, i, 2)
					|| CASE WHEN bench.uniform(i, 3) < 0.5 THEN '' ELSE ' ' || bench.phrase(i, 4) END
			   ELSE bench.phrase(i, 6) END,
	   CASE WHEN bench.uniform(i, 8) < 0.2 THEN bench.pick('{I,II,III,IV,V}', 2, i, 9) END, kind,
	   CASE WHEN bench.uniform(i, 10) > 0.03
			THEN GREATEST(1890, 2014 - pg_catalog.floor(CASE kind WHEN 7 THEN 11 ELSE 24 END * -pg_catalog.ln(1 - bench.uniform(i, 11)))::int) END,
	   NULL, bench.sound(i, 12), CASE kind WHEN 7 THEN bench.movie(:titles, i, 15) END,
	   CASE kind WHEN 7 THEN bench.skewed(30, 3, i, 16) END, CASE kind WHEN 7 THEN bench.skewed(300, 2.5, i, 17) END,
	   CASE WHEN bench.uniform(i, 18) < 0.04 THEN (1950 + bench.one_of(60, i, 19)) || '-????' END,
	   pg_catalog.md5(i::text)
  FROM pg_catalog.generate_series(1, :titles) i,
	   LATERAL (SELECT bench.uniform(i, 20) AS u) x,
	   LATERAL (SELECT CASE WHEN u < 0.611 THEN 7 WHEN u < 0.871 THEN 1 WHEN u < 0.918 THEN 4 WHEN u < 0.958 THEN 3
							WHEN u < 0.994 THEN 2 WHEN u < 0.999 THEN 6 ELSE 5 END AS kind OFFSET 0) k;

-- The gender of a person decides the role below, so it is a function of the key.
CREATE FUNCTION bench.gender(person bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$SELECT CASE WHEN u < 0.42 THEN 'm' WHEN u < 0.65 THEN 'f' END FROM (SELECT bench.uniform(person, 900) AS u) x$$;

INSERT INTO name
SELECT i, CASE WHEN i % 20011 = 7 THEN 'Downey Jr., Robert'
			   ELSE pg_catalog.initcap(bench.word(bench.skewed(60000, 1.5, i, 1))) || ', '
					|| bench.pick('{Robert,John,Maria,David,Anna,James,Peter,Mary,Tim,Hans,Antonio,Angela,Bert,Frank,Emma,Paul,Alice,Adam,Carla,Greta,Ivan,Lars,Nina,Oscar,Rita,Sara,Tony,Vera,Walter,Yolanda,Yuri,Zoe,Xavier,Boris,Bruno,Angel,Keiko,Uma,Kim,Jason}', 1.5, i, 2) END,
	   CASE WHEN bench.uniform(i, 3) < 0.2 THEN bench.pick('{I,II,III,IV,V}', 2, i, 4) END, NULL, bench.gender(i),
	   bench.sound(i, 5), bench.sound(i, 8), bench.sound(i, 11), pg_catalog.md5(i::text)
  FROM pg_catalog.generate_series(1, :names) i;

INSERT INTO char_name
SELECT i, COALESCE(('{Tony Stark,Iron Man,Tony Stark / Iron Man,Queen,Sherlock Holmes,Batman,Superman,Spider-Man}'::text[])[CASE WHEN i % 997 < 8 AND i < 25000 THEN i % 997 + 1 END],
				   bench.phrase(i, 1)),
	   NULL, NULL, bench.sound(i, 3), bench.sound(i, 6), pg_catalog.md5(i::text)
  FROM pg_catalog.generate_series(1, :characters) i;

-- Country of a company, a function of its key too: the notes below follow it.
CREATE FUNCTION bench.country(company bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$SELECT CASE WHEN bench.uniform(company, 901) < 0.85
			  THEN bench.pick('{[us],[gb],[de],[fr],[jp],[it],[ca],[in],[es],[se],[br],[dk],[no],[au],[mx],[ru],[bg],[nl],[pl],[sm]}', 2.2, company, 902) END$$;

INSERT INTO company_name
SELECT i, COALESCE(('{Warner Bros.,Warner Home Video,20th Century Fox,Twentieth Century Fox Film,YouTube,DreamWorks Animation,Lionsgate,Lionsgate Films}'::text[])[CASE WHEN i % 3 = 0 THEN i / 3 END],
				   pg_catalog.initcap(bench.word(bench.one_of(100000, i, 1))) || bench.pick('{" Films"," Pictures"," Film"," Entertainment"," TV",""}', 1, i, 2)),
	   bench.country(i), NULL, bench.sound(i, 3), bench.sound(i, 6), pg_catalog.md5(i::text)
  FROM pg_catalog.generate_series(1, :companies) i;

INSERT INTO keyword
SELECT i, COALESCE(known[i], bench.word(bench.one_of(100000, i, 1)) || '-' || i), bench.sound(i, 2)
  FROM pg_catalog.generate_series(1, :keywords) i,
	   (SELECT '{character-name-in-title,murder,sequel,violence,based-on-novel,blood,death,revenge,female-nudity,fight,hospital,gore,hero,superhero,second-part,tv-special,marvel-comics,based-on-comic,martial-arts,hand-to-hand-combat,computer-animation,computer-animated-movie,murder-in-title,nerd,loner,alienation,dignity,magnet,web,claw,laser,sequel-mentioned,"10,000-mile-club",marvel-cinematic-universe}'::text[] AS known) k;

INSERT INTO aka_name
SELECT i, bench.scattered(:names, 1.5, i, 1), bench.phrase(i, 2), NULL, bench.sound(i, 4), bench.sound(i, 7), bench.sound(i, 10),
	   pg_catalog.md5(i::text)
  FROM pg_catalog.generate_series(1, :aka_names) i;

INSERT INTO aka_title
SELECT i, bench.movie(:titles, i, 1), bench.phrase(i, 2), NULL, bench.skewed(7, 1.6, i, 4), 1930 + bench.one_of(84, i, 5),
	   bench.sound(i, 6), NULL, NULL, NULL,
	   CASE WHEN bench.uniform(i, 9) < 0.7 THEN bench.pick('{(USA),(working title),(International: English title)}', 1, i, 10) END,
	   pg_catalog.md5(i::text)
  FROM pg_catalog.generate_series(1, :aka_titles) i;

INSERT INTO complete_cast
SELECT i, bench.movie(:titles, i, 1), 1 + (bench.uniform(i, 2) < 0.37)::int, 3 + (bench.uniform(i, 3) < 0.82)::int
  FROM pg_catalog.generate_series(1, :complete_casts) i;

INSERT INTO movie_link
SELECT i, bench.movie(:titles, i, 1), bench.movie(:titles, i, 2), bench.skewed(18, 1.5, i, 3)
  FROM pg_catalog.generate_series(1, :movie_links) i;

INSERT INTO movie_companies
SELECT i, bench.movie(:titles, i, 1), company, CASE WHEN u < 0.51 THEN 1 WHEN u < 0.97 THEN 2 WHEN u < 0.99 THEN 3 ELSE 4 END,
	   CASE WHEN bench.uniform(i, 2) < 0.55
			THEN CASE WHEN bench.country(company) = '[us]' AND bench.uniform(i, 3) < 0.5
					  THEN '(' || 1989 + bench.one_of(24, i, 4) || ') ' ELSE '' END
				 || bench.pick('{(USA),(TV),(theatrical),(VHS),(worldwide),(DVD),(Japan),(presents),(France),(co-production),(Blu-ray),(as Metro-Goldwyn-Mayer Pictures)}', 1.5, i, 5) END
  FROM pg_catalog.generate_series(1, :movie_companies) i,
	   LATERAL (SELECT bench.scattered(:companies, 2.2, i, 6) AS company, bench.uniform(i, 7) AS u OFFSET 0) x;

INSERT INTO movie_keyword
SELECT i, bench.movie(:titles, i, 1), bench.skewed(:keywords, 2, i, 2) FROM pg_catalog.generate_series(1, :movie_keywords) i;

-- Three facts of one movie follow each other: distribution, votes, rating.
INSERT INTO movie_info_idx
SELECT i, bench.movie(:titles, i / 3, 1), CASE WHEN i % 5000 = 0 THEN 21 WHEN i % 100000 = 1 THEN 22 ELSE 18 + i % 3 END,
	   CASE i % 3 WHEN 0 THEN pg_catalog.lpad(bench.one_of(99999, i, 2)::text, 10, '0')
				  WHEN 1 THEN (5 + pg_catalog.exp(8 * bench.uniform(i, 3)))::int::text
				  ELSE pg_catalog.to_char(1 + 8.9 * (bench.uniform(i, 4) + bench.uniform(i, 5) + bench.uniform(i, 6)) / 3, 'FM0.0') END, NULL
  FROM pg_catalog.generate_series(1, :movie_info_idxs) i;

-- What the text says depends on its kind; trivia and the like are long.
INSERT INTO movie_info
SELECT i, bench.movie(:titles, i, 1), kind,
	   CASE kind WHEN 1 THEN country || ':' || bench.one_of(28, i, 2) || ' June ' || 2014 - bench.skewed(60, 2, i, 3)
				 WHEN 2 THEN bench.pick('{Drama,Comedy,Short,Documentary,Romance,Family,Thriller,Action,Horror,Crime,Adventure,Animation,Sci-Fi,Mystery,Fantasy,Music,War,Western}', 1.6, i, 4)
				 WHEN 3 THEN country
				 WHEN 4 THEN bench.pick('{English,German,French,Japanese,Italian,Spanish,Swedish,Danish,Norwegian,Hindi,Portuguese,Russian,Dutch,American}', 2, i, 5)
				 WHEN 5 THEN 'Color' WHEN 6 THEN (20 + 4 * bench.one_of(28, i, 6))::text WHEN 7 THEN 'Mono'
				 WHEN 8 THEN country || ':' || bench.one_of(18, i, 7) WHEN 13 THEN '$' || bench.one_of(99, i, 8) || ',000,000'
				 ELSE pg_catalog.repeat(bench.phrase(i, 9) || ' ', 8) END,
	   CASE WHEN kind = 1 AND bench.uniform(i, 11) < 0.03 THEN '(internet)' WHEN bench.uniform(i, 12) < 0.04 THEN '(limited)' END
  FROM pg_catalog.generate_series(1, :movie_infos) i,
	   LATERAL (SELECT bench.skewed(17, 1.7, i, 13) AS kind,
					   bench.pick('{USA,UK,Germany,France,Japan,Italy,Canada,India,Spain,Sweden,Brazil,Denmark,Norway,Australia,Mexico,Russia,Bulgaria,Netherlands}', 2, i, 14) AS country OFFSET 0) x;

INSERT INTO person_info
SELECT i, bench.scattered(:names, 1.6, i, 1), kind,
	   CASE kind WHEN 24 THEN bench.one_of(28, i, 2) || ' June ' || 1900 + bench.one_of(95, i, 3)
				 ELSE pg_catalog.repeat(bench.phrase(i, 4) || ' ', CASE kind WHEN 23 THEN 15 ELSE 2 END) END,
	   CASE WHEN bench.uniform(i, 6) < 0.0005 THEN 'Volker Boehm' END
  FROM pg_catalog.generate_series(1, :person_infos) i,
	   LATERAL (SELECT 22 + bench.skewed(8, 1.6, i, 7) AS kind OFFSET 0) x;

INSERT INTO cast_info
SELECT i, person, bench.movie(:titles, i, 1),
	   CASE WHEN role <= 2 AND bench.uniform(i, 2) < 0.8 THEN bench.scattered(:characters, 1.5, i, 3) END,
	   CASE WHEN bench.uniform(i, 4) < 0.38
			THEN bench.pick('{(uncredited),(voice),(producer),(executive producer),(writer),(written by),(archive footage),(as himself),(story),(co-producer),(screenplay),(voice: English version),(voice) (uncredited),(head writer),(story editor),(voice: Japanese version)}', 1.8, i, 5) END,
	   CASE WHEN role <= 2 AND bench.uniform(i, 6) < 0.6 THEN bench.skewed(300, 3, i, 7) END, role
  FROM pg_catalog.generate_series(1, :casts) i,
	   LATERAL (SELECT bench.scattered(:names, 1.6, i, 8) AS person OFFSET 0) x,
	   LATERAL (SELECT CASE WHEN bench.gender(person) = 'f' AND bench.uniform(i, 9) < 0.75 THEN 2
							WHEN bench.gender(person) = 'm' AND bench.uniform(i, 9) < 0.65 THEN 1
							ELSE 2 + bench.skewed(10, 1.3, i, 10) END AS role OFFSET 0) r;
COMMIT;
