/** Food, home, pets, family and its feasts. */
export const LIVING = `
210 Food & Drink: food, drink?, gastronomy, foodie, gourmet, culinary, essen?, getränke, nourriture, comida,
    cibo, ingredient, kitchen recipe, food blog, delicatessen, gastronomie, gastronomia, alimentation,
    alimentos, lebensmittel
  211 Alcoholic Beverages: wine, beer, whisky, whiskey, vodka, cocktail, gin tonic, craft beer, brewery,
      champagne, prosecco, tequila, rum cocktail, bourbon, winery, sommelier, vineyard, wein, bier, vin rouge,
      vin blanc, vino, vinho, cerveza, cerveja, birra, biere, weingut, liqueur, cider, brewing, homebrew,
      mezcal
  215 Barbecues and Grilling: barbecue, bbq, grill, grilling, smoker grill, brisket, grillen, barbacoa,
      churrasco, grigliata, charcoal grill, pulled pork
  216 Cooking: cooking, recipe, cook, cookbook, cuisine, kochen, rezept, rezepte, recette, receta, receita,
      ricetta, ricette, cocina, cucina, culinaria, cozinha, stew, soup, casserole, roast chicken, pasta,
      lasagna, lasagne, risotto, slow cooker, air fryer, instant pot, one pot, meal prep, salad, sauce?,
      curry, stir fry, marinade, kochrezept, sourdough?, dinner recipe, weeknight dinner, pizza dough, suppe,
      salat, plat principal, nudeln, eintopf, hähnchen, poulet roti, chili con carne, küche, backrezept, chef?
  217 Desserts and Baking: dessert, baking, bake, cake, cookie?, chocolate chip cookie, cupcake, brownie, pie,
      pastry, bread, muffin, chocolate, ice cream, cheesecake, tiramisu, macaron, pancake, waffle, doughnut,
      donut, sourdough bread, backen, kuchen, torte, brot, plätzchen, gateau, patisserie, boulangerie,
      pasteleria, postre, sobremesa, bolo?, dolce?, torta, nachtisch, pudding, apple pie, frosting
  218 Dining Out: restaurant, dining, dining out, fine dining, michelin, bistro, brunch, fast food, takeaway,
      food truck, steakhouse, ristorante, restaurante, gastropub, pizzeria, cafe, coffee shop,
      restaurant review, trattoria, lieferdienst, diner
  220 Food Movements: slow food, farm to table, organic food, locavore, food waste, bio lebensmittel,
      alimentation bio, fair trade food, superfood
  221 Healthy Cooking and Eating: healthy recipe, healthy eating, healthy food, clean eating, low carb,
      smoothie recipe, gesunde ernährung, cuisine saine, comida saludable, comida saudavel, healthy snack,
      gesunde rezepte
  222 Non-Alcoholic Beverages: coffee, espresso, tea, juice, smoothie, lemonade, soda?, soft drink,
      mineral water, kombucha, kaffee, cafe latte, cappuccino, barista, jus de fruit, zumo, suco, matcha,
      mocktail, energy drink, iced tea, hot chocolate, roastery
  213 Vegetarian Diets: vegetarian, vegetarisch, vegetarien, vegetariano, meatless, meat free, veggie
  214 World Cuisines: sushi, ramen, taco, burrito, paella, tapas, dim sum, pho, kebab, falafel, hummus,
      kimchi, bibimbap, pad thai, biryani, ceviche, chinese food, indian food, thai food, mexican food,
      italian food, japanese food, korean food, greek food, world cuisine, street food, gyoza, enchilada,
      tagine, pierogi, couscous
274 Home & Garden: home and garden, homeowner, household, haus und garten, maison et jardin, hogar,
    casa e giardino, home decor, maison?, house beautiful
  275 Gardening: garden, gardening, gardener, lawn, perennial, seedling, compost, greenhouse, raised bed,
      vegetable garden, houseplant, pruning, orchid, rose bush, potting soil, tulip, mulch, garten, gärtnern,
      jardin, jardinage, jardineria, jardinagem, giardino, giardinaggio, pflanze, blumen, plantes,
      balkonpflanzen, fertilizer, fertiliser, herb garden, tomato plant, succulent
  278 Home Appliances: home appliance, refrigerator, fridge, freezer, dishwasher, washing machine,
      tumble dryer, vacuum cleaner, oven?, microwave, hob, blender review, coffee machine, robot vacuum,
      waschmaschine, kühlschrank, geschirrspüler, staubsauger, haushaltsgeräte, electromenager,
      electrodomestico, eletrodomestico, elettrodomestici, lave linge, lave vaisselle, kaffeemaschine,
      lavadora, toaster
  279 Home Entertaining: dinner party, home entertaining, table setting, hosting guests, cocktail party,
      garden party
  280 Home Improvement: home improvement, diy, do it yourself, handyman, plumbing, plumber, electrician,
      drywall, power tool, drill bit, flooring, tiling, roofing, insulation, wallpaper?, paint colour,
      paint color, heimwerken, heimwerker, bricolage, bricolaje, fai da te, baumarkt, werkzeug, gutter,
      caulking, hardware store, bathroom tile, fliesen, renovierung, heat pump, boiler
  281 Home Security: home security, burglar alarm, security camera, door lock, video doorbell, alarm system,
      cctv, smoke detector, einbruchschutz, alarmanlage
  282 Indoor Environmental Quality: indoor air quality, air purifier, humidifier, dehumidifier, radon,
      luftreiniger, mold removal
  283 Interior Decorating: interior design, interior decorating, interior designer, furniture, sofa, couch,
      armchair, curtain, carpet, rug, lamp?, lighting?, bedroom, living room, bookshelf, ikea, mattress,
      möbel, einrichtung, wohnzimmer, schlafzimmer, meuble, decoration interieure, mueble, decoracion,
      decoracao, arredamento, mobili, chandelier, home office furniture, feng shui
  284 Landscaping: landscaping, landscape design, patio, garden path, retaining wall, turf?, gartengestaltung,
      amenagement paysager, hedge trimmer, garden pond, pergola
  285 Outdoor Decorating: outdoor furniture, outdoor decor, garden furniture, deck chair, garden lights,
      gartenmöbel, salon de jardin, fire pit
  276 Remodeling & Construction: remodeling, remodelling, home renovation, kitchen remodel, bathroom remodel,
      loft conversion, house extension, hausbau, renovation?, reformas, ristrutturazione, fertighaus,
      building permit
  277 Smart Home: smart home, smarthome, home automation, home assistant, amazon echo, google home,
      smart speaker, philips hue, alexa, smart thermostat, smart bulb, homekit, hausautomation,
      maison connectee, domotica, domotique
422 Pets: pet, pet care, haustier, mascota, animal de compagnie, animaux, animali domestici,
    animais de estimacao, hamster, guinea pig, rabbit?, ferret, pet food, meerschweinchen
  423 Birds: pet bird, parrot, parakeet, budgie, canary bird, cockatiel, wellensittich, papagei, perroquet,
      aviary
  424 Cats: kitten, cat?, cat food, cats?, feline, siamese, maine coon, katze, chaton, gato?, gatto,
      litter box, chat domestique, persian cat, gatinho, tabby
  425 Dogs: dog, puppy, canine, labrador, golden retriever, poodle, german shepherd, bulldog, terrier,
      dachshund, dog training, dog breed, hund, hunde, welpe, chien, chiot, perro, cachorro, cane?, cucciolo,
      dog food, beagle, leash, husky
  426 Fish and Aquariums: aquarium fish, fish tank, goldfish, aquascaping, betta fish, tropical fish, guppy,
      aquaristik, koi, aquariophilie
  427 Large Animals: horse, pony, goat?, alpaca, llama, donkey, pferd, cheval, caballo, cavalo, cavallo,
      livestock?
  428 Pet Adoptions: pet adoption, adopt a dog, adopt a cat, animal shelter, rescue dog, tierheim,
      refuge animalier, adoption chien
  431 Pet Supplies: pet supply, pet shop, petshop, dog bed, cat tree, dog collar, pet store, tierbedarf,
      animalerie, kratzbaum
  429 Reptiles: reptile, snake, lizard, gecko, tortoise, turtle, iguana, terrarium, bearded dragon, chameleon,
      schlange, python snake
  430 Veterinary Medicine: veterinary, veterinarian, vet clinic, tierarzt, veterinaire, veterinario,
      animal hospital
186 Family and Relationships: family?, familie?, famille?, familia?, famiglia?, relationship advice, sibling,
    grandparent, friendship
  191 Marriage and Civil Unions: marriage, married couple, civil union, husband and wife, newlywed, spouse
  192 Parenting: parenting, parent, motherhood, fatherhood, mom blog, eltern, parents, kindererziehung,
      crianza, stay at home mom, single parent, family life, erziehung, parentalite
    193 Adoption and Fostering: adoption agency, foster care, foster parent, adoptive parent
    194 Daycare and Pre-School: daycare, preschool, pre school, nursery school, kindergarten, kita, childcare,
        creche, guarderia, nanny, babysitter
    195 Internet Safety: internet safety, online safety, parental control, screen time, kindersicherung
    196 Parenting Babies and Toddlers: baby, toddler, newborn, diaper, nappy, stroller, pushchair, pram,
        baby food, crib, bebe, kinderwagen, kleinkind, bebes, neonato, windel, poussette, babybett, baby name
163 Personal Celebrations & Life Events: celebration, party?, milestone birthday, family celebration
  164 Anniversary: wedding anniversary, anniversary gift, golden anniversary, hochzeitstag
  167 Bachelor Party: bachelor party, stag party, stag do, junggesellenabschied, enterrement de vie
  168 Bachelorette Party: bachelorette party, hen party, hen do
  169 Birth: birth announcement, new arrival, faire part naissance
  170 Birthday: birthday, geburtstag, anniversaire, cumpleanos, aniversario, compleanno, birthday party,
      birthday cake
  172 Graduation: graduation, graduation ceremony, commencement speech, abschlussfeier
  165 Wedding: wedding, bride, groom?, bridesmaid, wedding dress, wedding planner, wedding venue,
      engagement ring, hochzeit, brautkleid, mariage, robe de mariee, boda, casamento, matrimonio, bridal
1KXCLD Holidays: holiday season, christmas, halloween, easter, thanksgiving, valentines day, new years eve,
    mothers day, fathers day, weihnachten, ostern, noel, navidad, natal, natale, silvester, pascua,
    advent calendar
  157 National & Civic Holidays: independence day, fourth of july, 4th of july, memorial day, labor day,
      bank holiday, bastille day, public holiday, feiertage, veterans day, australia day, fete nationale
`;
