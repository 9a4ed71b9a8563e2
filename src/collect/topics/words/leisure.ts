/** Travel, attractions, events, hobbies and cars. */
export const LEISURE = `
653 Travel: travel, traveler, traveller, trip?, vacation, tourism, tourist, sightseeing, itinerary,
    travel guide, reise, reisen, urlaub, voyage, voyager, vacances, tourisme, viaje, viajes, viajar,
    vacaciones, turismo, viagem, viagens, ferias, viaggio, viaggi, vacanza, vacanze, wanderlust, tripadvisor,
    reiseführer, lonely planet
  654 Travel Accessories: luggage, suitcase, travel accessory, carry on, travel pillow, passport holder,
      koffer, valise, maleta, packing cube, power adapter, bagages
  655 Travel Locations: travel destination, reiseziele, destination voyage, destinos
    656 Africa Travel: africa travel, morocco, marrakech, safari?, safari tour, kenya travel, cape town,
        zanzibar, serengeti, marokko, maroc, marruecos, egypt travel, victoria falls
    657 Asia Travel: asia travel, thailand, bangkok, bali, tokyo, kyoto, vietnam travel, singapore, sri lanka,
        nepal trek, hong kong travel, phuket, angkor wat, asienreise, japan travel, maldives, malediven,
        goa beach, seoul travel
    658 Australia and Oceania Travel: australia travel, new zealand travel, sydney opera house,
        great barrier reef, fiji, tahiti, bora bora, outback, uluru, queenstown, neuseeland reise
    659 Europe Travel: europe travel, eurotrip, paris travel, rome travel, london travel, barcelona travel,
        amsterdam, venice, santorini, mallorca, majorca, ibiza, lisbon, tuscany, provence, croatia travel,
        iceland, lake como, toskana, lissabon, islande, cote d azur, dubrovnik, norwegian fjord, algarve,
        canary islands, teneriffa, tenerife, gran canaria, sardinia, sardinien, prague travel, interrail,
        greek islands
    660 North America Travel: usa travel, new york travel, las vegas, yosemite, grand canyon, yellowstone,
        hawaii, canada travel, niagara falls, cancun, route 66, san francisco travel, miami beach, usa reise,
        tulum, caribbean, karibik, key west, banff
    661 Polar Travel: antarctica, antarctic cruise, arctic cruise, svalbard, polar expedition,
        north pole trip, antarktis
    662 South America Travel: south america travel, machu picchu, patagonia, rio de janeiro, galapagos,
        buenos aires, peru travel, atacama, cartagena travel, iguazu, sudamerika reise
  663 Travel Preparation and Advice: travel tip, packing list, travel visa, passport, travel advice,
      visa application, travel insurance tip, jet lag, reisetipps, conseils voyage, consejos de viaje,
      reisepass, travel checklist, currency exchange tip
  664 Travel Type: solo travel, group tour, package holiday, pauschalreise, all inclusive, voyage organise
    665 Adventure Travel: adventure travel, trekking, backpacking, hiking, hike, trek, expedition?,
        abenteuerreise, rafting, zip line, trail guide, thru hike, appalachian trail
    672 Air Travel: flight, airline, airport, cheap flights, airfare, boarding pass, frequent flyer,
        business class seat, flug, flüge, flughafen, vol pas cher, vols, aeroport, vuelo, aeropuerto, voo,
        aeroporto, voli, fluggesellschaft, lufthansa, ryanair, easyjet, layover, air miles, compagnie aerienne
    673 Beach Travel: beach, beach holiday, beach resort, seaside, strandurlaub, strand, plage, playa, praia,
        spiaggia, badeurlaub, island hopping
    674 Bed & Breakfasts: bed and breakfast, guesthouse, guest house, airbnb, chambre d hote, pension zimmer,
        ferienwohnung, casa rural, agriturismo, homestay
    675 Budget Travel: budget travel, hostel, cheap travel, backpacker, couchsurfing, günstig reisen,
        voyage pas cher, last minute travel
    676 Business Travel: business travel, corporate travel, geschäftsreise, voyage d affaires, business trip
    677 Camping: camping, campsite, campground, tent, caravan, motorhome, campervan, glamping, rv park,
        wohnmobil, campingplatz, zelt, camping car, wohnwagen, autocaravana, sleeping bag, van life, vanlife
    678 Cruises: cruise, cruise ship, kreuzfahrt, croisiere, crucero, cruzeiro, crociera, river cruise,
        royal caribbean, aida cruises, cruise line
    679 Day Trips: day trip, weekend trip, tagesausflug, ausflugsziele, excursion, excursiones, city break,
        städtereise, staycation
    666 Family Travel: family travel, family vacation, family holiday, familienurlaub, vacances en famille,
        viajar con ninos, kid friendly hotel
    667 Honeymoons and Getaways: honeymoon, romantic getaway, flitterwochen, lune de miel, luna de miel,
        weekend getaway, lua de mel, luna di miele
    668 Hotels and Motels: hotel, motel, resort?, boutique hotel, hotelzimmer, booking com, hilton, marriott,
        hyatt, luxury hotel, hoteles, hotelkette, hotel deal, inn?
    669 Rail Travel: train travel, rail travel, railway, high speed train, bahnreise, bahn ticket,
        deutsche bahn, sncf, tgv, amtrak, eurostar, renfe, trenitalia, sleeper train, orient express,
        zugreise, voyage en train
    670 Road Trips: road trip, roadtrip, scenic drive, roadside attraction, self drive
    671 Spas: spa resort, day spa, spa hotel, thermal bath, therme, thermalbad, balneario, hot spring,
        massage, wellnesshotel, wellness hotel, hammam
150 Attractions: attraction, tourist attraction, landmark, sehenswürdigkeiten, lieux a visiter, things to do,
    must see, ausflug
  151 Amusement and Theme Parks: theme park, amusement park, disneyland, disney world, roller coaster,
      water park, legoland, universal studios, freizeitpark, parc d attraction, parque de atracciones,
      parco divertimenti, europa park, parque tematico, waterpark
  179 Bars & Restaurants: cocktail bar, wine bar, rooftop bar, sports bar, pub?, beer garden, biergarten,
      pub crawl, bar a vin, tapas bar
  181 Casinos & Gambling: casino, slot machine, roulette, blackjack, sportsbook, betting odds, sports betting,
      spielbank, sportwetten, paris sportifs, apuestas, apostas, scommesse, bookmaker, jackpot?
  153 Historic Site and Landmark Tours: castle, historic site, ancient ruins, unesco world heritage,
      world heritage, palace tour, guided tour, fortress?, schloss, burg?, chateau, castillo, castelo,
      castello, colosseum, eiffel tower, stonehenge, denkmal, walking tour, monument
  154 Malls & Shopping Centers: mall, shopping center, shopping centre, shopping mall, einkaufszentrum,
      centre commercial, centro comercial, centro commerciale, galleria?
  155 Museums & Galleries: museum, art gallery, exhibition, louvre, british museum, guggenheim, ausstellung,
      musee, museo, museu, exposition?, mostra, galerie, smithsonian, science museum, moma, kunsthalle
  158 Nightclubs: nightclub, nightlife, night club, dance club, dj set, discotheque, discoteca, boite de nuit,
      nachtleben, clubbing
  159 Outdoor Activities: outdoor activity, outdoors, geocaching, picnic, outdoor adventure, zipline, treetop,
      orienteering, aktivitäten im freien
  160 Parks & Nature: national park, nature reserve, state park, botanical garden, nationalpark,
      parc national, parque nacional, parque natural, nature trail, wildlife park, naturpark, parco nazionale,
      waterfall, city park
  177 Theater Venues: playhouse, theater venue, opera house, concert hall, broadway theatre, konzerthaus,
      theatre tickets
  178 Zoos & Aquariums: zoo, public aquarium, safari park, sea life, tierpark, zoologico, aquarium?,
      petting zoo, san diego zoo, oceanarium
8VZQHL Events: event?, festival, upcoming events, event calendar, veranstaltung, veranstaltungen, evenement,
    evento, tickets?, meetup, fete?, street fair, open air festival
  162 Awards Shows: awards show, oscars, academy award, grammy, grammys, golden globe, emmy, emmys, bafta,
      red carpet, palme d or, nobel prize, brit awards
  180 Business Expos & Conferences: conference, trade show, trade fair, expo?, keynote, symposium, summit?,
      convention center, fachmesse, messe?, konferenz, tagung, congres, congreso, congresso, webinar,
      call for papers, salon professionnel, feria de muestras, fiera
  185 Fan Conventions: comic con, comiccon, cosplay, fan convention, dragon con, blizzcon, gamescom,
      anime expo
239 Hobbies & Interests: hobby, pastime, hobbyist, loisirs, aficiones, passatempo, freizeit
  240 Antiquing and Antiques: antique, antiquing, antiquitäten, antiquites, antiguedades, antiguidades,
      antiquariato, flea market, vintage furniture, flohmarkt, brocante, auction house, sothebys, christies
  248 Arts and Crafts: arts and crafts, craft?, handicraft, handmade, crafting, basteln, loisirs creatifs,
      manualidades, artesanato, lavoretti, origami, papercraft, pottery, ceramics, bastelidee, etsy, macrame,
      resin art, calligraphy
    249 Beadwork: beadwork, beading, seed bead, perlen basteln
    250 Candle and Soap Making: candle making, soap making, kerzen selber machen, seife selber machen,
        soy candle
    251 Drawing and Sketching: drawing, sketching, sketchbook, pencil drawing, zeichnen, dessin, dibujo,
        desenho, disegno, how to draw, charcoal drawing, coloring page, ausmalbilder, coloriage
    252 Jewelry Making: jewelry making, jewellery making, wire wrapping, schmuck selber machen, silversmith,
        goldsmith
    253 Needlework: knitting, crochet, sewing, embroidery, quilting, needlework, yarn?, cross stitch,
        stricken, häkeln, nähen, tricot, couture facile, broderie, tejer, costura, croche, cucito, uncinetto,
        quilt, knit, sewing pattern, sewing machine, nähmaschine
    254 Painting: painting, watercolor, watercolour, acrylic paint, oil painting, canvas painting, aquarell,
        peinture, malerei, pintura, pittura, easel, gouache, aquarelle
    255 Photography: photography, photographer, photo tip, portrait photography, landscape photography,
        fotografie, photographie, fotografia, macro photography, photo gallery, photoshoot, astrophotography,
        fotograf, photographe, fotoshooting, time lapse
    256 Scrapbooking: scrapbook, scrapbooking, bullet journal, washi tape
    257 Woodworking: woodworking, carpentry, wood carving, woodturning, joinery, table saw, holzarbeiten,
        tischler, menuiserie, carpinteria, marcenaria, falegnameria, lathe, workbench, chisel
  258 Beekeeping: beekeeping, beekeeper, beehive, honeybee, apiculture, imker, imkerei, apicultura, apiary
  259 Birdwatching: birdwatching, bird watching, birding, ornithology, birdfeeder, bird feeder,
      vogelbeobachtung, binocular, ornithologie, observacion de aves
  260 Cigars: cigar, humidor, cuban cigar, zigarren, puro habano
  261 Collecting: collectible, collector, collectors edition, memorabilia, sammler, collectionneur,
      coleccionismo, colecionador, trading card, funko pop, vinyl collection, sports card, collezionismo
    262 Comic Books: comic book, comic, marvel comics, dc comics, spider man, superman, batman, x men,
        comic heft, superhero, bande dessinee, fumetti, historieta
    263 Stamps and Coins: stamp collecting, philately, numismatics, coin collecting, rare coin, briefmarken,
        münzen, philatelie, numismatique, filatelia, numismatica, silver dollar, timbre poste
  264 Content Production: content creation, content creator, content production, blogger, copywriting,
      vlogging, vlogger, youtuber
    265 Audio Production: audio production, music production, home studio, mixing and mastering, ableton,
        pro tools, logic pro, fl studio, sound engineer, sound design, synthesizer, field recording,
        microphone?
    266 Freelance Writing: freelance writing, freelance writer, ghostwriting, writing prompt, nanowrimo,
        creative writing, writers block
    267 Screenwriting: screenwriting, screenplay, screenwriter, scriptwriting, drehbuch, storyboard, guion
    268 Video Production: video production, filmmaking, cinematography, videographer, filmmaker, film crew,
        color grading
  269 Games and Puzzles: puzzle, riddle, brain teaser, games?, spiele?, jeux?, juegos, jogos, giochi,
      game night, trivia, escape room, quiz
    270 Board Games and Puzzles: board game, boardgame, chess, jigsaw, crossword, sudoku, monopoly game,
        scrabble, brettspiel, gesellschaftsspiel, jeu de societe, juego de mesa, jogo de tabuleiro,
        gioco da tavolo, schach, echecs, ajedrez, xadrez, scacchi, checkers, catan, backgammon, mots croises,
        kreuzworträtsel, crucigrama
    271 Card Games: card game, solitaire, magic the gathering, rummy, uno card, skat, bridge card, canasta,
        kartenspiel, jeu de cartes, juego de cartas, yu gi oh, deck building
    272 Roleplaying Games: dungeons and dragons, dnd, d and d, tabletop rpg, pathfinder rpg, warhammer,
        pen and paper, dungeon master, larp, call of cthulhu, wargaming, miniature painting
  273 Genealogy and Ancestry: genealogy, ancestry, family tree, genealogie, genealogia, ahnenforschung,
      stammbaum, arbre genealogique, family history, surname
  241 Magic and Illusion: magic trick, magician, card trick, illusionist, sleight of hand, zaubertrick,
      zauberkünstler, tour de magie, prestidigitation
  242 Model Toys: model train, model railway, scale model, model kit, model airplane, modelleisenbahn,
      modellbau, maquette, train miniature, modelismo, gundam, gunpla, diecast
  243 Musical Instruments: musical instrument, guitar, piano, violin, drum?, drum kit, ukulele, saxophone,
      trumpet, cello, flute, clarinet, banjo, gitarre, klavier, guitare, guitarra, chitarra, violino,
      bass guitar, guitar chord, music lesson, sheet music, violon, fender stratocaster, accordion, harmonica
  244 Paranormal Phenomena: paranormal, ghost hunting, ufo, haunted house, bigfoot, poltergeist, cryptid,
      haunted, alien abduction, fantomes, ovni, loch ness
  245 Radio Control: rc car, rc plane, radio control, rc drone, quadcopter, remote control car, ham radio,
      amateur radio, modellflug, fpv drone, rc helicopter
  246 Sci-fi and Fantasy: sci fi, scifi, star wars, star trek, lord of the rings, doctor who, middle earth,
      harry potter, tolkien, game of thrones, steampunk
  247 Workshops and Classes: art class, cooking class, pottery class, evening class, kochkurs, malkurs,
      cours de cuisine, craft workshop, dance lesson, photography workshop
1 Automotive: car, automotive, auto?, automobile, vehicle, motoring, horsepower, engine oil, voiture,
    automobil, coche, carro, macchina?, kfz, autos, toyota, honda, bmw, audi, volkswagen, mercedes,
    mercedes benz, renault, peugeot, citroen, nissan, hyundai, mazda, subaru, volvo, skoda, opel, chevrolet,
    chevy, vauxhall, car review, kia motors, ford focus, ford mustang, test drive, driving licence,
    führerschein
  2 Auto Body Styles: body style, car body
    3 Commercial Trucks: commercial truck, semi truck, lorry, lkw, camion, caminhao, truck driver, trucking,
        heavy truck
    8 Convertible: convertible car, cabrio, cabriolet, convertible roof, roadster
    9 Coupe: coupe?, sports coupe
    10 Crossover: crossover suv, compact crossover
    11 Hatchback: hatchback, hot hatch, kleinwagen
    12 Microcar: microcar, smart fortwo, kei car
    13 Minivan: minivan, people carrier, monospace, familienvan
    14 Off-Road Vehicles: off road vehicle, offroad, jeep wrangler, 4x4, atv, all terrain vehicle, land rover,
        geländewagen, dune buggy, quad bike
    15 Pickup Trucks: pickup truck, f 150, ram 1500, toyota hilux, chevy silverado, ford ranger
    4 Sedan: sedan, saloon car, berline, limousine
    5 Station Wagon: station wagon, estate car, kombi, shooting brake
    6 SUV: suv, sport utility vehicle, range rover
    7 Van: transit van, cargo van, panel van, lieferwagen, campervan conversion, furgoneta
  30 Auto Buying and Selling: used car, car dealer, car dealership, new car, car price, buy a car,
      sell my car, gebrauchtwagen, autokauf, voiture occasion, voiture d occasion, coche segunda mano,
      carros usados, auto usate, autoscout24, car leasing, neuwagen, car auction
  31 Auto Insurance: auto insurance, car insurance, kfz versicherung, assurance auto, seguro de coche,
      seguro auto, assicurazione auto, autoversicherung
  32 Auto Parts: auto part, car part, spare part, brake pad, spark plug, tire, tyre, car battery, alloy wheel,
      autoteile, ersatzteile, pieces auto, pneu, reifen, recambios, autopecas, ricambi auto, muffler,
      radiator?, turbocharger
  33 Auto Recalls: auto recall, car recall, vehicle recall, safety recall, rückruf auto, airbag recall
  41 Auto Rentals: car rental, rental car, rent a car, car hire, mietwagen, autovermietung,
      location de voiture, alquiler de coche, aluguel de carro, noleggio auto, hertz rental, carsharing,
      car sharing
  34 Auto Repair: auto repair, car repair, car maintenance, oil change, autowerkstatt, garage auto,
      taller mecanico, oficina mecanica, wheel alignment, transmission repair, brake job, car mechanic,
      inspektion kfz
  35 Auto Safety: car safety, crash test, airbag, ncap, seat belt, child car seat, kindersitz, siege auto,
      road safety, verkehrssicherheit
  36 Auto Shows: auto show, motor show, geneva motor show, iaa mobility, detroit auto show, salon de l auto,
      automesse
  37 Auto Technology: auto technology, car tech, autotechnik, head up display
    38 Auto Infotainment Technologies: carplay, apple carplay, android auto, car stereo, infotainment,
        autoradio
    39 Auto Navigation Systems: car navigation, car gps, tomtom, gps auto
    40 Auto Safety Technologies: lane assist, adaptive cruise control, blind spot monitoring, parking sensor,
        abs braking, driver assistance, einparkhilfe
  16 Auto Type: car type
    17 Budget Cars: budget car, cheap car, dacia, affordable car
    18 Certified Pre-Owned Cars: certified pre owned, pre owned car, jahreswagen
    19 Classic Cars: classic car, vintage car, oldtimer, voiture de collection, voiture ancienne,
        coche clasico, carro antigo, auto d epoca, hot rod, muscle car
    20 Concept Cars: concept car, prototype car, konzeptauto
    21 Driverless Cars: driverless car, self driving car, autonomous vehicle, autonomous driving, waymo,
        autonomes fahren, voiture autonome, robotaxi, tesla autopilot
    22 Green Vehicles: electric car, electric vehicle, hybrid car, ev charging, tesla, plug in hybrid,
        charging station, elektroauto, e auto, ladestation, voiture electrique, coche electrico,
        carro eletrico, auto elettrica, wallbox, prius, nissan leaf, hydrogen car, elektromobilität, ev car
    23 Luxury Cars: luxury car, rolls royce, bentley, lexus, maserati, luxuswagen, voiture de luxe, maybach,
        aston martin
    24 Performance Cars: sports car, supercar, ferrari, lamborghini, porsche, mclaren, bugatti, corvette,
        sportwagen, voiture de sport, hypercar, drag racing, nürburgring
  25 Car Culture: car culture, car meet, car tuning, tuning auto, lowrider, car enthusiast, top gear
  26 Dash Cam Videos: dash cam, dashcam, dashboard camera
  27 Motorcycles: motorcycle, motorbike, motorrad, harley davidson, ducati, yamaha motor, kawasaki, biker,
      moto?, motos, motocicleta, motocicletta, motard, triumph motorcycle, royal enfield, ktm
  28 Road-Side Assistance: roadside assistance, breakdown cover, towing, adac, flat tire, pannenhilfe,
      jump start, depannage auto
  29 Scooters: scooter, vespa, moped, e scooter, electric scooter, motorroller, trottinette,
      patinete electrico, lambretta
`;
