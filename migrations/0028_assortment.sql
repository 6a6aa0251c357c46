-- What a new shop sells, at what prices, where it sends it and what tax it takes. All of it can be changed in the office.
-- Ids are made here and differ from shop to shop; code looks for slugs and SKUs.

insert into products (id, slug, kind, title, summary, description, days_min, days_max, position, created_at)
select gen_random_uuid(), p.slug, p.kind, p.title, p.summary, p.description, p.days_min, p.days_max, p.position, now()
from (values
    ('poster', 'poster', 'Poster', 'Giclée print on heavy paper, ready for a frame.',
     'Printed with twelve pigment inks on heavy, acid-free paper that does not yellow. The picture fills the sheet to its edges. It travels in a stiff tube, or flat up to A4.', 2, 4, 1),
    ('framed-print', 'framed', 'Framed print', 'Your picture behind acrylic, in solid wood, ready to hang.',
     'A giclée print on matte paper in a frame of solid wood with clear, shatterproof acrylic in front. Hooks are mounted, so that it hangs within a minute.', 3, 6, 2),
    ('canvas', 'canvas', 'Canvas', 'Stretched over a wooden frame, with the picture around its edges.',
     'Printed on cotton canvas and stretched by hand over a spruce frame 2 cm deep. The picture goes on around the edges as its own mirror image, so that nothing of the front is lost.', 3, 6, 3),
    ('mug', 'mug', 'Mug', 'Ceramic, 330 ml, with your picture all the way round.',
     'Glazed ceramic for 330 ml. The print is burnt into the glaze and stands the dishwasher and the microwave oven.', 2, 5, 4),
    ('t-shirt', 'tee', 'T-shirt', 'Combed organic cotton with your picture on the chest.',
     'Combed organic cotton, 180 g/m², printed directly to the fabric with water-based inks. Wash inside out at 30 °C.', 3, 6, 5),
    ('download', 'download', 'Download', 'The picture in full resolution, as a file.',
     'The picture as it was drawn, in full resolution, with its note that a machine drew it. For as many prints of your own as you like.', 0, 0, 6)
) as p (slug, kind, title, summary, description, days_min, days_max, position);

-- With prices in EUR, USD, GBP, JPY and KRW, each in its smallest unit.
create temporary table assortment (
    slug text, sku text, size text, finish text, finish_code text, width_mm integer, height_mm integer, bleed_mm smallint,
    print_dpi integer, turns boolean, good_dpi smallint, fair_dpi smallint, min_dpi smallint, weight_g integer,
    eur bigint, usd bigint, gbp bigint, jpy bigint, krw bigint, position serial
);

insert into assortment (slug, sku, size, finish, finish_code, width_mm, height_mm, bleed_mm, print_dpi, turns, good_dpi, fair_dpi, min_dpi, weight_g, eur, usd, gbp, jpy, krw)
values
    ('poster', 'POSTER-13X18-MATTE', '13 × 18 cm', 'Matte, 200 g/m²', 'matte', 130, 180, 4, 300, true, 150, 100, 60, 64, 990, 990, 940, 1630, 15600),
    ('poster', 'POSTER-13X18-ART', '13 × 18 cm', 'Fine art, 310 g/m²', 'fine_art', 130, 180, 4, 300, true, 150, 100, 60, 67, 1490, 1599, 1299, 2480, 23900),
    ('poster', 'POSTER-21X30-MATTE', 'A4, 21 × 29.7 cm', 'Matte, 200 g/m²', 'matte', 210, 297, 4, 300, true, 150, 100, 60, 72, 1490, 1599, 1299, 2480, 23900),
    ('poster', 'POSTER-21X30-ART', 'A4, 21 × 29.7 cm', 'Fine art, 310 g/m²', 'fine_art', 210, 297, 4, 300, true, 150, 100, 60, 79, 2190, 2399, 1899, 3580, 34900),
    ('poster', 'POSTER-30X40-MATTE', '30 × 40 cm', 'Matte, 200 g/m²', 'matte', 300, 400, 4, 300, true, 150, 100, 60, 84, 2490, 2699, 2199, 4080, 38900),
    ('poster', 'POSTER-30X40-ART', '30 × 40 cm', 'Fine art, 310 g/m²', 'fine_art', 300, 400, 4, 300, true, 150, 100, 60, 97, 3490, 3799, 2999, 5780, 54900),
    ('poster', 'POSTER-50X70-MATTE', '50 × 70 cm', 'Matte, 200 g/m²', 'matte', 500, 700, 4, 300, true, 150, 100, 60, 130, 3990, 4399, 3499, 6580, 62900),
    ('poster', 'POSTER-50X70-ART', '50 × 70 cm', 'Fine art, 310 g/m²', 'fine_art', 500, 700, 4, 300, true, 150, 100, 60, 168, 5490, 5999, 4799, 9080, 86900),
    ('framed-print', 'FRAMED-21X30-BLACK', 'A4, 21 × 29.7 cm', 'Black', 'black', 210, 297, 4, 300, true, 150, 100, 60, 1123, 3990, 4399, 3499, 6580, 62900),
    ('framed-print', 'FRAMED-21X30-OAK', 'A4, 21 × 29.7 cm', 'Oak', 'oak', 210, 297, 4, 300, true, 150, 100, 60, 1123, 3990, 4399, 3499, 6580, 62900),
    ('framed-print', 'FRAMED-21X30-WHITE', 'A4, 21 × 29.7 cm', 'White', 'white', 210, 297, 4, 300, true, 150, 100, 60, 1123, 3990, 4399, 3499, 6580, 62900),
    ('framed-print', 'FRAMED-30X40-BLACK', '30 × 40 cm', 'Black', 'black', 300, 400, 4, 300, true, 150, 100, 60, 1700, 5490, 5999, 4799, 9080, 86900),
    ('framed-print', 'FRAMED-30X40-OAK', '30 × 40 cm', 'Oak', 'oak', 300, 400, 4, 300, true, 150, 100, 60, 1700, 5490, 5999, 4799, 9080, 86900),
    ('framed-print', 'FRAMED-30X40-WHITE', '30 × 40 cm', 'White', 'white', 300, 400, 4, 300, true, 150, 100, 60, 1700, 5490, 5999, 4799, 9080, 86900),
    ('framed-print', 'FRAMED-50X70-BLACK', '50 × 70 cm', 'Black', 'black', 500, 700, 4, 300, true, 150, 100, 60, 4000, 8990, 9899, 7799, 14780, 141900),
    ('framed-print', 'FRAMED-50X70-OAK', '50 × 70 cm', 'Oak', 'oak', 500, 700, 4, 300, true, 150, 100, 60, 4000, 8990, 9899, 7799, 14780, 141900),
    ('framed-print', 'FRAMED-50X70-WHITE', '50 × 70 cm', 'White', 'white', 500, 700, 4, 300, true, 150, 100, 60, 4000, 8990, 9899, 7799, 14780, 141900),
    ('canvas', 'CANVAS-20X30', '20 × 30 cm', 'Cotton canvas', 'natural', 200, 300, 38, 200, true, 120, 80, 50, 840, 2990, 3299, 2599, 4880, 46900),
    ('canvas', 'CANVAS-30X40', '30 × 40 cm', 'Cotton canvas', 'natural', 300, 400, 38, 200, true, 120, 80, 50, 1380, 3990, 4399, 3499, 6580, 62900),
    ('canvas', 'CANVAS-40X60', '40 × 60 cm', 'Cotton canvas', 'natural', 400, 600, 38, 200, true, 120, 80, 50, 2460, 5490, 5999, 4799, 9080, 86900),
    ('canvas', 'CANVAS-60X90', '60 × 90 cm', 'Cotton canvas', 'natural', 600, 900, 38, 200, true, 120, 80, 50, 5160, 8990, 9899, 7799, 14780, 141900),
    ('mug', 'MUG-330-WHITE', '330 ml', 'White', 'white', 200, 90, 2, 300, false, 150, 100, 60, 380, 1490, 1599, 1299, 2480, 23900),
    ('mug', 'MUG-330-BLACK', '330 ml', 'Black inside', 'black', 200, 90, 2, 300, false, 150, 100, 60, 380, 1490, 1599, 1299, 2480, 23900),
    ('t-shirt', 'TEE-S-WHITE', 'S', 'White', 'white', 280, 350, 0, 200, false, 120, 80, 50, 150, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-S-BLACK', 'S', 'Black', 'black', 280, 350, 0, 200, false, 120, 80, 50, 150, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-S-NAVY', 'S', 'Navy', 'navy', 280, 350, 0, 200, false, 120, 80, 50, 150, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-M-WHITE', 'M', 'White', 'white', 280, 350, 0, 200, false, 120, 80, 50, 165, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-M-BLACK', 'M', 'Black', 'black', 280, 350, 0, 200, false, 120, 80, 50, 165, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-M-NAVY', 'M', 'Navy', 'navy', 280, 350, 0, 200, false, 120, 80, 50, 165, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-L-WHITE', 'L', 'White', 'white', 280, 350, 0, 200, false, 120, 80, 50, 180, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-L-BLACK', 'L', 'Black', 'black', 280, 350, 0, 200, false, 120, 80, 50, 180, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-L-NAVY', 'L', 'Navy', 'navy', 280, 350, 0, 200, false, 120, 80, 50, 180, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-XL-WHITE', 'XL', 'White', 'white', 280, 350, 0, 200, false, 120, 80, 50, 195, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-XL-BLACK', 'XL', 'Black', 'black', 280, 350, 0, 200, false, 120, 80, 50, 195, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-XL-NAVY', 'XL', 'Navy', 'navy', 280, 350, 0, 200, false, 120, 80, 50, 195, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-XXL-WHITE', 'XXL', 'White', 'white', 280, 350, 0, 200, false, 120, 80, 50, 210, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-XXL-BLACK', 'XXL', 'Black', 'black', 280, 350, 0, 200, false, 120, 80, 50, 210, 2490, 2699, 2199, 4080, 38900),
    ('t-shirt', 'TEE-XXL-NAVY', 'XXL', 'Navy', 'navy', 280, 350, 0, 200, false, 120, 80, 50, 210, 2490, 2699, 2199, 4080, 38900),
    ('download', 'DOWNLOAD-FULL', 'Full resolution', 'As drawn', 'file', null, null, 0, 300, false, 150, 100, 60, 0, 590, 590, 540, 970, 9300);

insert into variants (id, product_id, sku, size, finish, finish_code, width_mm, height_mm, bleed_mm, print_width, print_height,
                      turns, good_dpi, fair_dpi, min_dpi, weight_g, position, created_at)
select gen_random_uuid(), p.id, a.sku, a.size, a.finish, a.finish_code, a.width_mm, a.height_mm, a.bleed_mm,
       round(a.width_mm * a.print_dpi / 25.4), round(a.height_mm * a.print_dpi / 25.4),
       a.turns, a.good_dpi, a.fair_dpi, a.min_dpi, a.weight_g, a.position, now()
from assortment a join products p on p.slug = a.slug;

insert into price_lists (id, name, currency, state, starts_at, created_at)
select gen_random_uuid(), 'Prices in ' || currency, currency, 'published', now(), now()
from unnest(array['EUR', 'USD', 'GBP', 'JPY', 'KRW']) as currency;

insert into prices (price_list_id, variant_id, amount)
select l.id, v.id, case l.currency when 'EUR' then a.eur when 'USD' then a.usd when 'GBP' then a.gbp when 'JPY' then a.jpy else a.krw end
from assortment a join variants v on v.sku = a.sku cross join price_lists l;

drop table assortment;

insert into shipping_zones (id, name, is_rest, created_at)
select gen_random_uuid(), z.name, z.is_rest, now()
from (values ('European Union', false), ('United Kingdom, Norway and Switzerland', false), ('North America', false),
             ('Asia and Pacific', false), ('Rest of the world', true)) as z (name, is_rest);

insert into shipping_zone_countries (country, zone_id)
select c.country, z.id
from (values
    ('European Union', 'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE'),
    ('United Kingdom, Norway and Switzerland', 'GB NO CH LI IS GG JE IM'),
    ('North America', 'US CA'),
    ('Asia and Pacific', 'KR JP AU NZ SG HK TW')
) as g (zone, countries)
cross join unnest(string_to_array(g.countries, ' ')) as c (country)
join shipping_zones z on z.name = g.zone;

-- For a letter, a small parcel, a parcel and a large one.
insert into shipping_rates (id, zone_id, method, currency, up_to_g, amount, free_from, days_min, days_max, created_at)
select gen_random_uuid(), z.id, r.method, c.currency, w.up_to_g,
       -- Round sums in every currency: whole tens where there are no cents, ends in 90 cents where there are.
       case when c.currency in ('JPY', 'KRW') then round(r.eur * w.factor * c.factor / 10) * 10
            else round(r.eur * w.factor * c.factor / 100) * 100 - 10 end,
       case when r.free then case when c.currency in ('JPY', 'KRW') then round(8000 * c.factor / 1000) * 1000 else 8000 end end,
       r.days_min, r.days_max, now()
from (values ('European Union', 'standard', 500, true, 2, 5),
             ('European Union', 'express', 1500, false, 1, 2),
             ('United Kingdom, Norway and Switzerland', 'standard', 700, true, 3, 6),
             ('United Kingdom, Norway and Switzerland', 'express', 2000, false, 1, 3),
             ('North America', 'standard', 900, true, 5, 9),
             ('North America', 'express', 2900, false, 2, 4),
             ('Asia and Pacific', 'standard', 1000, true, 6, 12),
             ('Asia and Pacific', 'express', 3200, false, 3, 5),
             ('Rest of the world', 'standard', 1400, false, 8, 20)) as r (zone, method, eur, free, days_min, days_max)
join shipping_zones z on z.name = r.zone
cross join (values (1000, 1.0), (5000, 1.6), (20000, 3.0), (60000, 7.0)) as w (up_to_g, factor)
cross join (values ('EUR', 1.0), ('USD', 1.1), ('GBP', 0.87), ('JPY', 1.65), ('KRW', 15.8)) as c (currency, factor);

-- Standard rates on goods. A shop that sells somewhere is bound by what holds there: check them before the first sale.
insert into tax_rules (country, region, name, rate_bp, is_inclusive) values
    ('AT', '', 'VAT', 2000, true),
    ('BE', '', 'VAT', 2100, true),
    ('BG', '', 'VAT', 2000, true),
    ('HR', '', 'VAT', 2500, true),
    ('CY', '', 'VAT', 1900, true),
    ('CZ', '', 'VAT', 2100, true),
    ('DK', '', 'VAT', 2500, true),
    ('EE', '', 'VAT', 2400, true),
    ('FI', '', 'VAT', 2550, true),
    ('FR', '', 'VAT', 2000, true),
    ('DE', '', 'VAT', 1900, true),
    ('GR', '', 'VAT', 2400, true),
    ('HU', '', 'VAT', 2700, true),
    ('IE', '', 'VAT', 2300, true),
    ('IT', '', 'VAT', 2200, true),
    ('LV', '', 'VAT', 2100, true),
    ('LT', '', 'VAT', 2100, true),
    ('LU', '', 'VAT', 1700, true),
    ('MT', '', 'VAT', 1800, true),
    ('NL', '', 'VAT', 2100, true),
    ('PL', '', 'VAT', 2300, true),
    ('PT', '', 'VAT', 2300, true),
    ('RO', '', 'VAT', 2100, true),
    ('SK', '', 'VAT', 2300, true),
    ('SI', '', 'VAT', 2200, true),
    ('ES', '', 'VAT', 2100, true),
    ('SE', '', 'VAT', 2500, true),
    ('GB', '', 'VAT', 2000, true),
    ('CH', '', 'VAT', 810, true),
    ('LI', '', 'VAT', 810, true),
    ('NO', '', 'VAT', 2500, true),
    ('JP', '', 'Consumption tax', 1000, true),
    ('KR', '', 'VAT', 1000, true),
    ('AU', '', 'GST', 1000, true),
    ('NZ', '', 'GST', 1500, true),
    ('SG', '', 'GST', 900, true),
    ('CA', '', 'GST', 500, false),
    ('CA', 'ON', 'HST', 1300, false),
    ('CA', 'NB', 'HST', 1500, false),
    ('CA', 'NL', 'HST', 1500, false),
    ('CA', 'PE', 'HST', 1500, false),
    ('CA', 'NS', 'HST', 1400, false);
