/** Fashion, beauty and shopping. */
export const STYLE = `
552 Style & Fashion: shoe, footwear, jeans, t shirt, shirt, jacket, sweater, schuhe, chaussures, zapatos,
    sapatos, scarpe, fashion, style?, stylish, outfit, wardrobe?, clothing, apparel, clothes, lookbook, mode?,
    moda, kleidung, vetements, ropa, roupa, abbigliamento, stylist, vogue, fashionista, bekleidung
  553 Beauty: beauty, cosmetics, beautician, beauty salon, schönheit, kosmetik, beaute, belleza, beleza,
      bellezza, cosmetique, sephora, beauty tip
    554 Hair Care: hair care, haircare, hairstyle, haircut, shampoo, hairdresser, conditioner?, hair color,
        blow dryer, frisur, friseur, coiffure, coiffeur, peluqueria, cabeleireiro, parrucchiere, balayage,
        curly hair, hair salon, barber shop, peinado
    555 Makeup and Accessories: makeup, make up, lipstick, mascara, eyeliner, eyeshadow, concealer, blush?,
        foundation makeup, maquillage, maquillaje, maquiagem, schminken, lippenstift, trucco?, rouge a levres
    556 Nail Care: nail polish, manicure, pedicure, nail art, gel nail, nagellack, vernis a ongles,
        nail salon, maniküre
    557 Natural and Organic Beauty: natural beauty, organic cosmetics, organic beauty, naturkosmetik,
        clean beauty, cosmetique bio
    558 Perfume and Fragrance: perfume, fragrance, eau de toilette, eau de parfum, cologne?, parfum, profumo,
        duft
    559 Skin Care: skin care, skincare, moisturizer, moisturiser, sunscreen, face mask, serum?, anti aging,
        cleanser, hautpflege, soin du visage, soins de la peau, cuidado de la piel, hyaluronic acid, retinol,
        exfoliate, lip balm
  574 Body Art: tattoo, piercing, tatuaje, tatuagem, tatouage, tatuaggio, tattoo artist, henna, body art
  575 Children's Clothing: kids clothes, kids clothing, baby clothes, childrens clothing, kinderkleidung,
      kindermode, mode enfant, ropa infantil, moda infantil
  576 Designer Clothing: designer clothing, designer label, gucci, prada, versace, balenciaga, burberry,
      armani, hermes?, dior, chanel, louis vuitton, saint laurent
  577 Fashion Trends: fashion trend, modetrend, trend report, tendances mode, tendencias moda, fashion week,
      street look
  578 High Fashion: haute couture, runway show, catwalk, couture, paris fashion week, milan fashion week,
      modenschau
  579 Men's Fashion: mens fashion, menswear, herrenmode, mode homme, moda hombre, moda masculina, moda uomo,
      gentleman style
    580 Men's Accessories: mens accessory, necktie, bow tie, cufflink, mens belt, pocket square, krawatte,
        cravate
      581 Men's Jewelry and Watches: mens watch, rolex, omega watch, wristwatch, herrenuhr, montre homme,
          signet ring, luxury watch, chronograph
    582 Men's Clothing: mens clothing, mens shirt, mens clothes, herrenbekleidung, vetements homme,
        ropa hombre, polo shirt
      583 Men's Business Wear: mens suit, dress shirt, business suit, herrenanzug
      584 Men's Casual Wear: mens jeans, mens hoodie, chinos, mens t shirt, henley shirt
      585 Men's Formal Wear: tuxedo, dinner jacket, smoking jacket, morning suit, black tie
      586 Men's Outerwear: mens jacket, mens coat, peacoat, herrenjacke, bomber jacket, parka
      587 Men's Sportswear: mens sportswear, mens running, mens swimwear, swim trunk
    589 Men's Shoes and Footwear: mens shoe, oxford shoe, brogue, herrenschuhe, chaussures homme,
        zapatos hombre, loafer
  590 Personal Care: personal care, toiletry, körperpflege, hygiene?, cuidado personal, soins corporels
    591 Bath and Shower: shower gel, bubble bath, bath bomb, body wash, gel douche, duschgel, bath salts?
    592 Deodorant and Antiperspirant: deodorant, antiperspirant, desodorante
    593 Oral care: toothbrush, toothpaste, mouthwash, dental floss, zahnbürste, brosse a dents,
        cepillo de dientes, zahnpasta
    594 Shaving: shaving, razor, shaving cream, aftershave, beard oil, beard trimmer, rasierer, rasage, rasur,
        rasoir, afeitar, barbear
  595 Street Style: street style, streetwear, sneakerhead, sneaker, urban style, hypebeast, hoodie
  560 Women's Fashion: womens fashion, womenswear, damenmode, mode femme, moda mujer, moda feminina,
      moda donna, ladies fashion
    561 Women's Accessories: womens accessory, hair accessory, hair clip, damen accessoires, accessoires femme
      562 Women's Glasses: womens sunglasses, cat eye glasses, sunglasses, sonnenbrille, lunettes de soleil,
          gafas de sol, oculos de sol, occhiali da sole
      563 Women's Handbags and Wallets: handbag, purse, tote bag, clutch bag, crossbody bag, handtasche,
          sac a main, bolso, bolsa feminina, borsetta
      564 Women's Hats and Scarves: silk scarf, beanie, sun hat, womens hat, foulard
      565 Women's Jewelry and Watches: jewelry, jewellery, necklace, earring, bracelet, diamond ring, pendant,
          schmuck, bijoux, joyeria, joias, gioielli, halskette, ohrringe, womens watch, brooch
    566 Women's Clothing: womens clothing, womens clothes, dress?, skirt, dresses, blouse, damenbekleidung, kleider,
        robe?, vestido, vestiti, jupe, falda, leggings, jumpsuit
      567 Women's Business Wear: womens suit, pantsuit, womens blazer, pencil skirt
      568 Women's Casual Wear: womens jeans, sundress, womens t shirt, cardigan, maxi dress
      569 Women's Formal Wear: evening gown, ball gown, cocktail dress, abendkleid, evening dress
      571 Women's Outerwear: womens jacket, womens coat, trench coat, damenjacke, puffer jacket
      572 Women's Sportswear: sports bra, yoga pants, womens sportswear, activewear, athleisure, bikini,
          swimsuit, bademode, maillot de bain, swimwear
    573 Women's Shoes and Footwear: womens shoe, high heel, stiletto, ballet flats, damenschuhe,
        chaussures femme, zapatos mujer, sandal, ankle boot
473 Shopping: shopping, shop?, online shop, webshop, buyers guide, buying guide, einkaufen, kaufen, acheter,
    achats, compras, tienda, loja, negozio, product review, warenkorb, add to cart, best buy, ecommerce store,
    department store, produkttest, price comparison, preisvergleich
  482 Children's Games and Toys: toy, lego, doll, barbie, playmobil, action figure, plush, stuffed animal,
      kids toys, spielzeug, jouet, juguete, brinquedo, giocattolo, hot wheels, teddy bear
  474 Coupons and Discounts: coupon, promo code, discount, voucher, discount code, gutschein, rabatt,
      code promo, bon de reduction, cupon, cupom, descuento, desconto, sconto, cashback, groupon,
      codice sconto
  475 Flower Shopping: florist, flower delivery, bouquet, blumenstrauss, fleuriste, floristeria, flower shop,
      send flowers
  476 Gifts and Greetings Cards: gift, gift idea, gift guide, gift card, greeting card, present idea,
      geschenk, geschenkidee, cadeau, idee cadeau, regalo, presente ideal, birthday card, grusskarte,
      gift basket
  477 Grocery Shopping: grocery, groceries, supermarket, supermarkt, supermarche, supermercado, supermercato,
      aldi, lidl, carrefour, tesco, rewe, edeka, walmart, whole foods, grocery list
  478 Holiday Shopping: holiday shopping, black friday, cyber monday, christmas gift, christmas shopping,
      weihnachtsgeschenke, cadeau noel, stocking stuffer
  479 Household Supplies: household supply, cleaning product, laundry detergent, dish soap, paper towel,
      toilet paper, waschmittel, reinigungsmittel, produits menagers, cleaning hack
  480 Lotteries and Scratchcards: lottery, lotto, powerball, mega millions, scratchcard, euromillions,
      euro millions, eurojackpot, loteria, lotteria, loterie
  161 Party Supplies and Decorations: party supply, party decoration, balloon, confetti, party favor,
      partydeko, pinata, bunting
  481 Sales and Promotions: sale?, clearance, bargain, deal of the day, deals?, special offer, angebote,
      schnäppchen, soldes, promotions?, rebajas, ofertas, promocao, saldi, summer sale, flash sale,
      outlet store, prime day, hot deals
`;
